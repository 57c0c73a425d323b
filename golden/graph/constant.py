"""One constant tensor of a node and how a memory holds it."""

from __future__ import annotations

from dataclasses import dataclass

from t2c.golden.arithmetic.formats import IntArray


@dataclass(frozen=True, kw_only=True)
class Storage:
    """How the elements of a constant lie in a memory.

    bits: declared width; signed: two's complement or not; axes: one letter an axis, slowest first;
    packed: several may share a memory word, as weights do.
    """

    bits: int
    signed: bool
    axes: str
    packed: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Constant:
    """name: unique in the node, such as weight; values: int64 with an axis for each letter of storage.axes."""

    name: str
    values: IntArray
    storage: Storage
