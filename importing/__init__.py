"""Networks that others have quantised, read from their files into packages, with a proof of how exact;
docs/import.md."""
