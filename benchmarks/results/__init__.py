"""The results table: every method at every width it is meant for, on glyphs, float to integer; docs/results.md."""
