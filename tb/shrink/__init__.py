"""Shrinking: from a run that fails to the smallest package that still fails in the same way, on the same hardware."""
