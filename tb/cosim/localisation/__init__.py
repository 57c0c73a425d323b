"""From a mismatch to the first wrong signal."""
