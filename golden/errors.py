"""Errors of the integer path; each subclasses the built-in that it refines."""


class RangeError(ValueError):
    """A value lies outside its declared integer format."""


class ShapeError(ValueError):
    """A tensor's shape or rank does not fit the operation."""


class UnsupportedError(NotImplementedError):
    """A legal request that this implementation cannot serve; the message says why."""


class PackageError(ValueError):
    """A model package is damaged or inconsistent; the message names the node and the field."""
