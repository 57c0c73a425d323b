"""Tables of exponentials for lut_softmax."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from t2c.common.errors import SettingError
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.lut import exp_table
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.arithmetic.softmax import SoftmaxTable, safe_reciprocal_bits
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.tb.catalogue.unit_table import TableKind, UnitTable

RISING, EXP, RANDOM = "rising", "exp", "random"


class ExponentialTable(TableKind):
    """Exponentials by distance from the row's maximum.

    "rising": from 1 up, so that Σe and r take every width and what lies beyond the table is told from 0; "exp":
    falling, as they should; "random".
    """

    plusarg = "exp"
    names = (RISING, EXP, RANDOM)

    def made(self, name: str, parameters: Mapping[str, int], rng: np.random.Generator) -> UnitTable:
        """See TableKind."""
        bits, depth = parameters["E_W"], 1 << parameters["DEPTH_W"]
        top = (1 << bits) - 1
        exp = exp_table(scale=math.log(top) / (depth - 1), depth=depth, exponent_bits=bits)
        if name == RISING:
            exp = exp[::-1]
        if name == RANDOM:
            exp = rng.integers(0, top + 1, depth)
            exp[0] = max(1, exp[0])
        return UnitTable(entries=exp)

    def from_entries(self, entries: IntArray, parameters: Mapping[str, int]) -> UnitTable:
        """See TableKind."""
        e_w = max(int(entries.max(initial=0)).bit_length(), parameters["E_W"])
        out_w, r_w = parameters["OUT_W"], parameters["R_W"]
        r_w = r_w if r_w >= e_w + out_w else safe_reciprocal_bits(e_w, out_w)
        table = SoftmaxTable(exp=entries, exponent_bits=e_w, output_bits=out_w, reciprocal_bits=r_w)
        return _of(table, parameters["X_W"])

    def from_node(self, graph: Graph, node: Node) -> UnitTable:
        """See TableKind; the unit rounds half up."""
        table = getattr(node, "softmax", None)
        if not isinstance(table, SoftmaxTable):
            text = "{layer} = {node.name!r} is a {node.op}; {unit} = lut_softmax takes a softmax"
            raise SettingError(text, {"node": node})
        if table.rounding not in (Rounding.HALF_UP, Rounding.HALF_AWAY):
            text = "{layer} = {node.name!r}: rounding {mode}; lut_softmax has half_up"
            raise SettingError(text, {"node": node, "mode": table.rounding.value})
        return _of(table, graph.inputs_of(node)[0].bits)


def _of(table: SoftmaxTable, x_w: int) -> UnitTable:
    depth_w = table.depth.bit_length() - 1
    parameters = {
        "X_W": max(x_w, depth_w),
        "DEPTH_W": depth_w,
        "E_W": table.exponent_bits,
        "OUT_W": table.output_bits,
        "R_W": table.reciprocal_bits,
    }
    return UnitTable(entries=table.exp, parameters=parameters)
