"""Errors of the integer path; each subclasses the built-in that it refines."""

from __future__ import annotations

from t2c.common.errors import SettingError


class RangeError(ValueError):
    """A value lies outside its declared integer format."""


class ShapeError(ValueError):
    """A tensor's shape or rank does not fit the operation."""


class UnsupportedError(NotImplementedError):
    """A legal request that this implementation cannot serve; the message says why."""


class PackageError(ValueError):
    """A model package is damaged or inconsistent; the message names the node and the field."""


class NoPackageError(SettingError, PackageError):
    """There is no such package; the message lists the examples."""
