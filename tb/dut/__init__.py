"""Bring your own RTL: the description of a device under test, its check against the real ports, the adapter."""
