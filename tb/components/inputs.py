"""What a test compared, input by input: the classes that its bins count and that its failures are explained by."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from t2c.tb.components.bins import BoolArray, Classes, Coverage


def no_crosses(_: Classes) -> Classes:
    """For units whose classes are not counted together."""
    return {}


class Inputs:
    """Classes of the inputs of one test, in the order of their comparisons.

    coverage: the bins, declared; crosses: from all classes, those that are counted together but explain nothing new;
    rows: inputs to a comparison (one for each lane of a result word).
    """

    def __init__(self, coverage: Coverage, crosses: Callable[[Classes], Classes] = no_crosses, rows: int = 1) -> None:
        self.coverage, self.crosses, self.rows = coverage, crosses, rows
        self._batches: list[Classes] = []

    def add(self, classes: Classes) -> None:
        """Classes of inputs whose results are compared next."""
        self._batches.append(classes)

    def compared(self, count: int) -> Classes:
        """Classes of the inputs of the first `count` comparisons, all batches together."""
        if not self._batches:
            return {}
        return {
            group: {
                name: np.concatenate([batch[group][name] for batch in self._batches])[: count * self.rows]
                for name in members
            }
            for group, members in self._batches[0].items()
        }

    def count(self, classes: Classes) -> None:
        """Hit the bins of what was compared; what was sent and never compared covers nothing."""
        if not classes:
            return  # the test ended before it compared anything
        self.coverage.hit_classes(classes)
        self.coverage.hit_classes(self.crosses(classes))


def flat(classes: Classes) -> dict[str, BoolArray]:
    """All classes by their names alone, which are unique."""
    return {name: inside for members in classes.values() for name, inside in members.items()}
