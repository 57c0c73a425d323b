"""Every kind of node a second time, from plain Python integers: one file a kind, found by its operation.

A counterpart takes nested lists of ints and reads constants off the node; it computes with oracle/plain.py, or with its
own integers and fractions, and with nothing of golden. A kind that brings random cases as well is a check of
`make oracle`, where its golden is compared with its counterpart.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from oracle import plain
from oracle.check import Batch, Check, Index
from oracle.draw import Ints
from oracle.plain import Tensor
from t2c.common.registry import Registry
from t2c.golden.arithmetic.mulquant import MulQuant
from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import TensorSpec

Counterpart = Callable[[Any, Sequence[Tensor], Sequence[TensorSpec]], Tensor]
"""From a node, its batched inputs and their edges to its batched output, or to its accumulators."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """A node to run: its input edges, and one int array (N, *shape) for each."""

    node: Node
    inputs: tuple[TensorSpec, ...]
    values: tuple[Ints, ...]


Cases = Callable[[np.random.Generator], Iterator[Case]]
"""Draws cases without end."""

COUNTERPARTS: Registry[Counterpart] = Registry("counterpart of", "oracle.counterparts")
SUMS: Registry[Counterpart] = Registry("counterpart of the sums of", "oracle.counterparts")
CASES: Registry[Cases] = Registry("random cases of", "oracle.counterparts")

Registered = TypeVar("Registered", bound=Callable[..., Any])


def counterpart(op: str) -> Callable[[Registered], Registered]:
    """Register a function as the counterpart of an operation."""
    return COUNTERPARTS(op)


def counterpart_of_sums(op: str) -> Callable[[Registered], Registered]:
    """Register a function as the counterpart of an operation up to its accumulators; MulQuant follows."""
    return SUMS(op)


def random_cases(op: str) -> Callable[[Registered], Registered]:
    """Register a function that draws cases, for a check `op/plain` of `make oracle`."""
    return CASES(op)


def compute(node: Node, values: Sequence[Ints], inputs: Sequence[TensorSpec]) -> Ints:
    """Run a node by its counterpart.

    Args:
        node, inputs: the node and its input edges.
        values: one int array (N, *shape) an input.

    Raises:
        LookupError: its operation has no counterpart.
    """
    whole = COUNTERPARTS.find(node.op)
    if whole is not None:
        return np.array(whole(node, [value.tolist() for value in values], inputs), np.int64)
    sums = accumulators(node, values, inputs)
    if sums is None:
        names = ", ".join((*COUNTERPARTS.names(), *SUMS.names()))
        raise LookupError(f"node {node.name!r}: {node.op} has no counterpart; there are those of {names}")
    assert isinstance(node.stage, MulQuant)
    return np.array(_requantise(sums.tolist(), node.stage, node.channel_axis % sums.ndim), np.int64)


def accumulators(node: Node, values: Sequence[Ints], inputs: Sequence[TensorSpec]) -> Ints | None:
    """The sums of a node by its counterpart, arguments as `compute`; None if it has none."""
    found = SUMS.find(node.op)
    return None if found is None else np.array(found(node, [value.tolist() for value in values], inputs), np.int64)


def _batches(draw_cases: Cases) -> Callable[[np.random.Generator], Iterator[Batch]]:
    def batches(rng: np.random.Generator) -> Iterator[Batch]:
        for case in draw_cases(rng):

            def explain(index: Index, case: Case = case) -> dict[str, Any]:
                pairs = zip(case.inputs, case.values, strict=True)
                return {"node": case.node, **{edge.name: value[index[0]] for edge, value in pairs}}

            node, inputs = case.node, case.inputs
            pairs = zip(inputs, case.values, strict=True)
            given = [spec.narrow(spec.name, value) for spec, value in pairs] if node.narrow else case.values
            yield Batch(np.asarray(node.forward(given, inputs), np.int64), compute(node, case.values, inputs), explain)
            sums = accumulators(node, case.values, inputs)
            if sums is not None:
                yield Batch(np.asarray(node.accumulate(case.values, inputs), np.int64), sums, explain)

    return batches


def counterpart_checks() -> Iterator[Check]:
    """A check for every kind of node with random cases that a plug-in brings."""
    for op in CASES.names():
        if (cases := CASES.find(op)) is not None:
            yield counterpart_check(op, cases, "as its plug-in draws them")


def counterpart_check(op: str, cases: Cases, domain: str, counts: int | None = None) -> Check:
    """The check of one kind of node, golden beside its counterpart."""
    return Check(
        name=f"{op}/plain",
        stranger=f"Python {platform.python_version()}, counterpart",
        domain=domain,
        batches=_batches(cases),
        counts=counts,
    )


def elementwise(function: Callable[..., int], *tensors: Tensor) -> Tensor:
    """Apply a function to the elements of tensors of one shape."""
    if isinstance(tensors[0], list):
        return [elementwise(function, *parts) for parts in zip(*tensors, strict=True)]
    return function(*tensors)


def _requantise(acc: Tensor, quant: MulQuant, channel_axis: int) -> Tensor:
    """MulQuant of nested lists; channel_axis: counted from the front, the batch is axis 0."""
    constants = list(zip(*(v.tolist() for v in (quant.multiplier, quant.bias, quant.shift)), strict=True))
    mode, zp = quant.rounding.value, quant.zero_point
    ends = [(quant.lo, quant.hi)] * len(constants)
    if quant.clip is not None:
        ends = list(zip(quant.clip.channel_lo.tolist(), quant.clip.channel_hi.tolist(), strict=True))

    def along(part: Tensor, axis: int) -> Tensor:
        if axis:
            return [along(inner, axis - 1) for inner in part]
        several = [(*each, *end) for each, end in zip(constants, ends, strict=True)]
        several = several if len(several) > 1 else several * len(part)
        return [
            elementwise(lambda a, c=c: plain.mulquant(a, *c[:3], mode=mode, zp=zp, lo=c[3], hi=c[4]), inner)
            for inner, c in zip(part, several, strict=True)
        ]

    return along(acc, channel_axis)


def pooled(images: Tensor, node: Any, shape: Sequence[int], reduce: Callable[[list[int | None]], int]) -> Tensor:
    """Apply a function to the elements of every window; an element outside the image is None.

    Args:
        images: (N, C, H, W).
        node: has kernel, stride, padding and a window.
        shape: of the output, (C, OH, OW).
        reduce: from a window's elements to an output.
    """
    w = node.window
    _, height, width = shape

    def one(plane: Tensor, y: int, x: int) -> int:
        return reduce(plain.window_elements(plane, y, x, w.kernel, w.stride, w.padding, w.dilation))

    return [[[[one(plane, y, x) for x in range(width)] for y in range(height)] for plane in image] for image in images]
