"""The moves of shrinking, one idea a file; each gives valid packages only, and is told which of them fail alike."""
