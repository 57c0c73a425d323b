"""Golden against strangers: the arithmetic checked against implementations that no one here wrote, and plain Python."""
