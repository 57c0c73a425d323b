"""The proof that no accumulator overflows, against sums: what golden says is the largest is reached, and never passed.

Weights are all of one sign here, and every activation is the value of its format that is farthest from the zero point:
so the largest accumulator is what the sum of plain Python gives, and golden's bound must be that number and its bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, cast

import numpy as np

from oracle.check import Batch, Check, Index
from oracle.counterpart import Case, Cases, accumulators
from oracle.exact_python import FRACTIONS
from oracle.node_cases import average_pool2d, conv2d, linear, matmul
from t2c.golden.graph.node import AccumulatingNode
from t2c.golden.graph.tensor_spec import TensorSpec

KINDS = (conv2d, linear, matmul, average_pool2d)


def _farthest(spec: TensorSpec) -> int:
    fmt = spec.format
    return fmt.hi if fmt.hi - spec.zero_point >= spec.zero_point - fmt.lo else fmt.lo


def _unpadded(case: Case) -> tuple[AccumulatingNode, tuple[TensorSpec, ...]]:
    """The node without padding and with weights of one sign, and inputs that hold a whole window."""
    node, inputs = cast(AccumulatingNode, case.node), case.inputs
    changes: dict[str, Any] = {}
    if node.weights:
        changes["weight"] = -np.abs(node.weights.values).clip(max=(1 << (node.weights.bits - 1)) - 1)
    if node.window:
        changes["padding"] = (0, 0)
        pairs = zip(node.window.kernel, node.window.dilation, strict=True)
        reach = [dilation * (extent - 1) + 1 for extent, dilation in pairs]
        inputs = (replace(inputs[0], shape=(inputs[0].shape[0], *reach)),)
    return replace(node, **changes), inputs


def largest(draw_cases: Cases) -> Callable[[np.random.Generator], Iterator[Batch]]:
    """Golden's largest accumulator and its bits, against the sum of the farthest values."""

    def batches(rng: np.random.Generator) -> Iterator[Batch]:
        for case in draw_cases(rng):
            node, inputs = _unpadded(case)
            ends = [np.full((1, *spec.shape), _farthest(spec), np.int64) for spec in inputs]
            sums = accumulators(node, ends, inputs)
            assert sums is not None
            reached = max(abs(int(value)) for value in sums.ravel())
            bits = next(width for width in range(1, 64) if reached < 1 << (width - 1))
            golden = np.array([node.worst_accumulator(inputs), node.accumulator_bits(inputs)])

            def explain(
                _: Index, node: AccumulatingNode = node, inputs: tuple[TensorSpec, ...] = inputs
            ) -> dict[str, Any]:
                return {"node": node, "inputs": inputs}

            yield Batch(golden, np.array([reached, bits]), explain)

    return batches


CHECKS = tuple(
    Check(
        name=f"largest_accumulator/{kind.__name__}",
        stranger=FRACTIONS.replace("fractions, ", ""),
        domain="all geometry and formats; weights of one sign, activations at the far end",
        batches=largest(kind),
        counts=512,
    )
    for kind in KINDS
)
