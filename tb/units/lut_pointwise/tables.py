"""Tables of functions of one element for lut_pointwise."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from t2c.common.errors import SettingError
from t2c.golden.arithmetic.formats import IntArray, IntFormat
from t2c.golden.arithmetic.lut import FUNCTIONS, pointwise_table
from t2c.golden.arithmetic.pointwise import PointwiseTable
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.tb.catalogue.unit_table import TableKind, UnitTable

RANDOM = "random"


class ElementTable(TableKind):
    """An entry for each element. "random": an address is told from any other; or a function of golden's lut."""

    plusarg = "table"
    names = (RANDOM, *FUNCTIONS)

    def made(self, name: str, parameters: Mapping[str, int], rng: np.random.Generator) -> UnitTable:
        """See TableKind."""
        x, y = (IntFormat(bits=parameters[width], signed=True) for width in ("X_W", "OUT_W"))
        if name == RANDOM:
            return UnitTable(entries=rng.integers(0, 1 << y.bits, 1 << x.bits))
        top = 8.0 if name in ("gelu", "silu") else 1.0
        table = pointwise_table(FUNCTIONS[name], x=x, x_scale=8.0 / -x.lo, y=y, y_scale=top / -y.lo)
        return UnitTable(entries=_of(table).entries)

    def from_entries(self, entries: IntArray, parameters: Mapping[str, int]) -> UnitTable:
        """See TableKind."""
        bits = max(int(entries.max(initial=0)).bit_length(), parameters["OUT_W"])
        return _of(PointwiseTable(entries=entries, output=IntFormat(bits=bits, signed=False)))

    def from_node(self, graph: Graph, node: Node) -> UnitTable:
        """See TableKind."""
        table = getattr(node, "pointwise", None)
        if not isinstance(table, PointwiseTable):
            text = "{layer} = {node.name!r} is a {node.op}; {unit} = lut_pointwise takes a pointwise"
            raise SettingError(text, {"node": node})
        return _of(table)


def _of(table: PointwiseTable) -> UnitTable:
    parameters = {"X_W": table.input_bits, "OUT_W": table.output.bits}
    return UnitTable(entries=table.entries & ((1 << table.output.bits) - 1), parameters=parameters)
