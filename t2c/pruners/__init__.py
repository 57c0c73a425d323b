"""Pruners, one file each; every one is a `Pruner` that overrides what differs, found by name."""

from t2c.pruners.base import PRUNERS, Prunable, Pruner, find_pruner, largest

__all__ = ["PRUNERS", "Prunable", "Pruner", "find_pruner", "largest"]
