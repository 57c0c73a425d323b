"""Every integer operation of docs/arithmetic.md, as small pure functions."""
