"""pointwise on the engine, where its table does not go along with the results of the node before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from t2c.contract.operations import Combine
from t2c.contract.parameter_lanes import encode_lanes
from t2c.golden.arithmetic.formats import IntArray, twos_complement
from t2c.golden.arithmetic.mulquant import OutputStage
from t2c.golden.arithmetic.pointwise import PointwiseTable
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.pointwise import Pointwise
from t2c.mapping.layer import POINT, PoolPlan
from t2c.mapping.lower import Site, is_table, lowers


@dataclass(frozen=True, kw_only=True, eq=False)
class PointwisePlan(PoolPlan):
    """Every element as it is through the identity tile and MulQuant, then through the table."""

    @property
    def has_sums(self) -> bool:
        return True

    def sums(self, inputs: Sequence[IntArray], result: IntArray) -> tuple[IntArray, ...]:
        return (inputs[0],)


def patterns(table: PointwiseTable, *, signed: bool, x_w: int) -> IntArray:
    """The page of a table, (2^X_W,) unsigned: an entry for every pattern of X_W bits, as the core holds activations.

    A narrower element lies there sign-extended, or zero-extended if it is unsigned; so does its result. Other patterns
    never come, and have 0.

    Args:
        table: of elements and results of at most X_W bits.
        signed: the element is two's complement.
        x_w: X_W.

    >>> from t2c.golden.arithmetic.formats import IntFormat
    >>> negated = PointwiseTable(entries=np.array([0, -1, -2, 1]), output=IntFormat(bits=2, signed=True))
    >>> patterns(negated, signed=True, x_w=3).tolist()
    [0, 7, 0, 0, 0, 0, 6, 1]
    """
    pattern = np.arange(1 << x_w)
    element = twos_complement(pattern, x_w) if signed else pattern
    kept = element % (1 << table.input_bits)
    same = (twos_complement(kept, table.input_bits) if signed else kept) == element
    return np.where(same, table.entries[kept] % (1 << x_w), 0)


@is_table("pointwise")
def page_of_pointwise(node: Pointwise, source: TensorSpec, x_w: int) -> IntArray:
    """The node's table, laid out for patterns of X_W bits."""
    return patterns(node.pointwise, signed=source.signed, x_w=x_w)


@lowers("pointwise", lanewise=True)
def lower_pointwise(node: Pointwise, site: Site) -> PointwisePlan:
    """Plan a table by itself; raise UnsupportedError if the input does not lie as a map."""
    source, fmt, hardware = site.sources[0], site.inputs[0].format, site.hardware
    if not source.is_map:
        text = f"input {node.inputs[0]!r} of shape {source.shape} does not lie as a map (C, H, W) or its vector"
        raise UnsupportedError(f"layer {node.name!r}: {text}")
    written = site.target.is_map and site.target.lies_over(source)
    alike = written and (site.target.height, site.target.width) == (source.height, source.width)
    return PointwisePlan(
        **{**site.plan_fields(node), "target": site.target if alike else source.beside()},
        window=POINT,
        params=np.broadcast_to(encode_lanes(1, 0, 0, hardware), (hardware.groups, hardware.cols)),
        table=page_of_pointwise(node, site.inputs[0], hardware.x_w),
        combine=Combine.SUM,
        x_zero_point=0,
        stage=OutputStage(rounding=Rounding.FLOOR, zero_point=0, lo=fmt.lo, hi=fmt.hi),
    )
