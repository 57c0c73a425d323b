"""A check for each operator of TOSA that golden has: every generated conformance test, or why golden has none such; and
for what one operator does not say, random graphs of several."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from oracle.check import Batch, Check, Index, NotApplicable
from oracle.tosa import convolutions, poolings, products, rescale, tables
from oracle.tosa.adds import drawn_add
from oracle.tosa.case import Ints, TosaCase, read_case
from oracle.tosa.drawn import graph_batches
from oracle.tosa.environment import Extent, generated, version
from oracle.tosa.layers import drawn_layer
from oracle.tosa.lines import drawn_line


@dataclass(frozen=True, kw_only=True)
class Operator:
    """One operator of the suite.

    name: as the suite calls it; golden: its result by golden; refused: why golden has no such test, "" if it has;
    domain: for the table; further: arguments of the generator.
    """

    name: str
    golden: Callable[[TosaCase], Ints]
    domain: str
    refused: Callable[[TosaCase], str] = lambda case: ""
    further: tuple[str, ...] = ()


TYPES = "int8 by int8 and int4, int16 by int8; all geometry"
ONE_BY_ONE = ("--conv-kernel", "1,1", "--max-conv-padding", "0", "--max-conv-stride", "1", "--max-conv-dilation", "1")
OPERATORS: dict[str, Operator] = {
    "conv2d/tosa": Operator(
        name="conv2d", golden=convolutions.convolution, refused=convolutions.refused, domain=f"CONV2D: {TYPES}"
    ),
    "conv2d/tosa-depthwise": Operator(
        name="depthwise_conv2d",
        golden=convolutions.depthwise,
        refused=convolutions.refused,
        domain=f"DEPTHWISE_CONV2D: {TYPES}",
    ),
    "linear/tosa": Operator(
        name="conv2d",
        golden=convolutions.fully_connected,
        refused=convolutions.refused_as_linear,
        domain="CONV2D of 1x1, which FULLY_CONNECTED became",
        further=ONE_BY_ONE,
    ),
    "matmul/tosa": Operator(name="matmul", golden=products.product, domain="MATMUL: int8, int16"),
    "matmul/tosa-t": Operator(name="matmul_t", golden=products.transposed_product, domain="MATMUL_T: int8, int16"),
    "average_pool2d/tosa": Operator(
        name="avg_pool2d", golden=poolings.average, refused=poolings.refused, domain="AVG_POOL2D: int8, int16"
    ),
    "max_pool2d/tosa": Operator(
        name="max_pool2d", golden=poolings.maximum, refused=poolings.refused, domain="MAX_POOL2D: int8, int16"
    ),
    "mulquant/tosa": Operator(
        name="rescale",
        golden=rescale.rescaled,
        refused=rescale.refused,
        domain="RESCALE: 8..48 bits to 8..32, rounding once and twice, per channel",
    ),
    "table/tosa": Operator(name="table", golden=tables.looked_up, domain="TABLE: 256 entries; 513, interpolated"),
}


def batches(rng: np.random.Generator, *, operator: Operator, extent: Extent) -> Iterator[Batch | NotApplicable]:
    """Each generated test of an operator."""
    for path in generated(operator.name, int(rng.integers(1 << 31)), extent, operator.further).files:
        case = read_case(path)
        reason = operator.refused(case)
        yield NotApplicable(reason) if reason else Batch(operator.golden(case), case.output, partial(explain, case))


def explain(case: TosaCase, index: Index) -> Mapping[str, Any]:
    """The test, whatever the index: its name, attributes and inputs."""
    inputs = {f"input {i}": values for i, values in enumerate(case.inputs)}
    return {"test": case.name, **case.attributes, **inputs}


WIDE_ADD = "ADD: operands of 32 bits, golden's have 16 (the graphs have those)"


def adds(rng: np.random.Generator, *, extent: Extent) -> Iterator[Batch | NotApplicable]:
    """Of the suite none; graphs that are golden's residual add."""
    for _ in generated("add", int(rng.integers(1 << 31)), extent).files:
        yield NotApplicable(WIDE_ADD)
    yield from graph_batches(rng, drawn=drawn_add)


def suite_checks(extent: Extent) -> Iterator[Check]:
    """A check for each operator."""
    for name, operator in OPERATORS.items():
        yield Check(
            name=name,
            stranger=f"TOSA reference model {version()}",
            domain=operator.domain,
            batches=partial(batches, operator=operator, extent=extent),
            exhaustive=True,
            noun="generated tests",
        )


def graph_checks(extent: Extent) -> Iterator[Check]:
    """A check for each kind of random graph."""
    kinds: dict[str, tuple[Callable[[np.random.Generator], Iterator[Batch | NotApplicable]], int, str]] = {
        "residual_add/tosa": (
            partial(adds, extent=extent),
            1 << 11,
            "RESCALE of both, ADD, RESCALE: all pairs of int8, random int16",
        ),
        "conv2d+mulquant/tosa": (
            partial(graph_batches, drawn=drawn_layer),
            1 << 10,
            "CONV2D or depthwise, RESCALE per channel, CLAMP: packages of one node",
        ),
        "interpolate/tosa": (partial(graph_batches, drawn=drawn_line), 1 << 13, "TABLE of 513, RESCALE: all int16"),
    }
    for name, (made, counts, domain) in kinds.items():
        stranger = f"TOSA reference model {version()}"
        yield Check(name=name, stranger=stranger, domain=domain, batches=made, counts=counts, noun="graphs")


def checks(extent: Extent) -> tuple[Check, ...]:
    """Every check, of the whole suite or of a sample."""
    return (*suite_checks(extent), *graph_checks(extent))
