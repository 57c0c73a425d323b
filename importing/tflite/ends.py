"""Inputs and outputs: one edge each in golden, of which several tensors of the file are parts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from t2c.importing.errors import RefusedError
from t2c.importing.source_tensor import SourceTensor
from t2c.importing.tflite.conversion import INPUT, Conversion
from t2c.importing.tflite.edges import joined, part, read_as, reshaped
from t2c.importing.tflite.placed import Placed, golden_order, golden_shape, sample_shape
from t2c.importing.tflite.schema import TfliteOperator, TfliteTensor
from t2c.importing.tflite.views import as_vector, size_of

OUTPUT = "outputs"
"""The edge of several outputs."""
_BEGINNING = TfliteOperator(index=-1, kind="", version=1, inputs=(), outputs=(), options={}, fault="")


def begin(conversion: Conversion) -> SourceTensor:
    """Place the inputs: one is an edge, several are parts of one, which is read as the first of them is.

    Returns:
        what the file takes, several inputs one after the other.
    """
    model, builder = conversion.model, conversion.builder
    found: list[TfliteTensor] = []
    for index in dict.fromkeys(model.inputs):
        try:
            tensor = conversion.activation(_BEGINNING, conversion.beginning(index))
            if len(tensor.shape) > 1 and tensor.shape[0] != 1:
                raise RefusedError(
                    [f"{_BEGINNING.label}: {tensor.label} has shape {tensor.shape}; a batch of 1 is wanted"]
                )
            found.append(tensor)
        except RefusedError as error:
            builder.refuse(error.reasons[0].replace(_BEGINNING.label, "input"))
    if len({tensor.type for tensor in found}) > 1:
        builder.refuse("inputs: " + ", ".join(f"{tensor.label} is {tensor.type}" for tensor in found))
        found = found[:1]
    if not found:
        if not model.inputs:
            builder.refuse("it has no input")
        return SourceTensor(name="", edge="", order=np.zeros(0, np.int64))
    if len(found) == 1:
        placed = conversion.place(found[0], INPUT)
        return SourceTensor(name=conversion.title(found[0]), edge=INPUT, order=placed.order)
    sizes = [size_of(tensor) for tensor in found]
    rows = len(set(sizes)) == 1
    builder.edge(conversion.spec(found[0], INPUT, (len(sizes), sizes[0]) if rows else (sum(sizes),)))
    orders, start = [], 0
    for number, (tensor, size) in enumerate(zip(found, sizes, strict=True)):
        shape, name = sample_shape(tensor.shape), f"{INPUT}_{number}"
        own = part(conversion, f"{name}_part", INPUT, 0, number if rows else start, 1 if rows else size)
        own = reshaped(conversion, f"{name}_shape", own, golden_shape(shape))
        conversion.place(tensor, read_as(conversion, name, own, conversion.spec(tensor, name, golden_shape(shape))))
        orders.append(start + golden_order(shape))
        start += size
    titles = ", ".join(map(conversion.title, found))
    return SourceTensor(name=titles, edge=INPUT, order=np.concatenate(orders))


def end(conversion: Conversion) -> tuple[str, tuple[SourceTensor, ...]]:
    """The edge that is the graph's output, and what the file has there.

    Of several outputs the integers lie one after the other, read as the first of them is.
    """
    model, builder = conversion.model, conversion.builder
    roots: dict[int, Placed] = {}
    if not model.outputs:
        builder.refuse("it has no output")
    for index in model.outputs:
        tensor, root = model.tensors[index], conversion.hosted.get(index, index)
        if root in conversion.placed:
            try:
                roots[root] = conversion.source(_reader(root), 0)[1]
            except RefusedError:
                continue
        elif not builder.reasons:
            what = "a constant" if tensor.data is not None else "not an output of an operator"
            builder.refuse(f"output: {tensor.label} is {what}")
    if builder.reasons or not roots:
        return "", ()
    _keep_reachable(conversion, {conversion.title(model.tensors[root]) for root in roots})
    titles = {root: conversion.title(model.tensors[root]) for root in roots}
    if len({placed.edge for placed in roots.values()}) == 1:
        edge = next(iter(roots.values())).edge
        return edge, tuple(
            SourceTensor(name=titles[root], edge=edge, order=placed.order) for root, placed in roots.items()
        )
    first = builder.edges[next(iter(roots.values())).edge]
    edges, given, start = [], [], 0
    for number, (root, placed) in enumerate(roots.items()):
        name = f"{OUTPUT}_{number}"
        if builder.edges[placed.edge].format != first.format:
            builder.refuse(f"outputs: {titles[root]} has another format than {titles[next(iter(roots))]}")
            return "", ()
        flat = as_vector(conversion, f"{name}_flat", placed)
        edges.append(read_as(conversion, name, flat, replace(first, shape=(placed.order.size,))))
        given.append(SourceTensor(name=titles[root], edge=OUTPUT, order=start + placed.order))
        start += placed.order.size
    return joined(conversion, OUTPUT, edges, 0), tuple(given)


def _keep_reachable(conversion: Conversion, known: set[str]) -> None:
    """Drop what the host would make of a tensor that is no output."""
    kept = []
    for operation in conversion.builder.host:
        if operation.source in known:
            kept.append(operation)
            known.add(operation.name)
    conversion.builder.host[:] = kept


def _reader(index: int) -> TfliteOperator:
    """Who reads an output, so that it gets its padding."""
    return replace(_BEGINNING, inputs=(index,))
