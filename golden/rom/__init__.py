"""Integers as memory words and image files."""
