"""What the host does behind the core: softmax, requantisation, views, the largest; nothing of the core's follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.importing.network import HostOperation
from t2c.importing.proof import Exactness, Grade
from t2c.importing.tflite.conversion import Conversion
from t2c.importing.tflite.schema import TfliteOperator, TfliteTensor


@dataclass(frozen=True, kw_only=True)
class HostTable:
    """A function of every element. table: of every integer from `least` on."""

    name: str
    source: str
    operation: str
    table: tuple[int, ...]
    least: int

    def run(self, values: IntArray) -> IntArray:
        """From (N, elements) to the same."""
        found: IntArray = np.array(self.table, np.int64)[values - self.least]
        return found


@dataclass(frozen=True, kw_only=True)
class HostView:
    """The same elements in another shape."""

    name: str
    source: str
    operation: str

    def run(self, values: IntArray) -> IntArray:
        """From (N, elements) to the same."""
        return values


@dataclass(frozen=True, kw_only=True)
class HostLargest:
    """Where the largest of each row is, the first of equals. length: of a row."""

    name: str
    source: str
    operation: str
    length: int

    def run(self, values: IntArray) -> IntArray:
        """From (N, rows · length) to (N, rows)."""
        rows = values.reshape(len(values), -1, self.length)
        found: IntArray = rows.argmax(axis=-1).astype(np.int64)
        return found


def host(
    conversion: Conversion,
    op: TfliteOperator,
    given: TfliteTensor,
    output: TfliteTensor,
    made: Callable[..., HostOperation],
    **more: Any,
) -> None:
    """Add an operation of the host, and its line of the report."""
    title = conversion.title
    conversion.builder.host.append(made(name=title(output), source=title(given), operation=op.kind, **more))
    conversion.hosted[output.index] = conversion.hosted.get(given.index, given.index)
    conversion.report(op, "", Exactness(grade=Grade.HOST))
