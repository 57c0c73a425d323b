"""Graphs that hold one drawn node, for what takes whole graphs: the node's own values reach it unchanged."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from oracle.counterpart import Case
from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.arithmetic.mulquant import AddQuant, OutputStage, Widths
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.golden.graph.package import Package
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.add import Add
from t2c.golden.nodes.reshape import Reshape
from t2c.golden.nodes.slice import Slice


def output_format(node: Node, case: Case) -> dict[str, Any]:
    """Format and zero point that the results need; a case that no edge holds raises ValueError."""
    if isinstance(node.stage, OutputStage):
        stage = node.stage
        lo, hi = min(stage.lo, stage.zero_point), max(stage.hi, stage.zero_point)
        for bits in range(2, node.widest_output + 1):
            for signed in (True, False):
                fmt = IntFormat(bits=bits, signed=signed)
                if fmt.lo <= lo and hi <= fmt.hi:
                    return {"bits": bits, "signed": signed, "zero_point": stage.zero_point}
        raise ValueError("no format holds the results")
    own = {name: getattr(node, name, None) for name in ("softmax", "pointwise", "multi_threshold")}
    if own["softmax"]:
        bits = own["softmax"].output_bits
        return {"bits": bits, "signed": False, "scale": math.ldexp(1.0, -bits)}
    if own["pointwise"]:
        return {"bits": own["pointwise"].output.bits, "signed": own["pointwise"].output.signed}
    if own["multi_threshold"]:
        base = own["multi_threshold"].base
        for fmt in (IntFormat(bits=16, signed=True), IntFormat(bits=16, signed=False)):
            if fmt.lo <= base and base + own["multi_threshold"].steps <= fmt.hi:
                return {"bits": fmt.bits, "signed": fmt.signed}
        raise ValueError("no format holds the steps")
    x = case.inputs[0]
    return {"bits": x.bits, "signed": x.signed, "zero_point": x.zero_point, "scale": x.scale}


def package_of(case: Case, name: str) -> Package:
    """A package whose last node is the case's; ValueError if no package can hold it."""
    node = case.node
    widths = node.widths or Widths()
    y = TensorSpec(name=node.output, shape=node.output_shape(case.inputs), **output_format(node, case))
    if len(case.inputs) == 1:
        (x,) = case.inputs
        graph = Graph(
            name=name, widths=widths, edges={x.name: x, y.name: y}, nodes=(node,), input=x.name, output=y.name
        )
        return Package(graph=graph, samples=case.values[0], labels=np.arange(len(case.values[0])))
    return _of_several(case, y, name, widths)


def _of_several(case: Case, y: TensorSpec, name: str, widths: Widths) -> Package:
    """The operands lie one after the other in one input of 16 bits, each less its zero point."""
    count, batch = sum(math.prod(edge.shape) for edge in case.inputs), len(case.values[0])
    source = TensorSpec(name="all", shape=(count,), bits=16, signed=True)
    edges, nodes, start = {"all": source, y.name: y}, [], 0
    parts = []
    for edge, values in zip(case.inputs, case.values, strict=True):
        length = math.prod(edge.shape)
        flat = TensorSpec(name=f"{edge.name}.flat", shape=(length,), bits=16, signed=True)
        shaped = TensorSpec(name=f"{edge.name}.shaped", shape=edge.shape, bits=16, signed=True)
        edges |= {flat.name: flat, shaped.name: shaped, edge.name: edge}
        same = AddQuant(
            multiplier_a=1,
            multiplier_b=0,
            bias=0,
            shift=0,
            zero_point=edge.zero_point,
            lo=edge.format.lo,
            hi=edge.format.hi,
            widths=widths,
        )
        nodes += [
            Slice(name=flat.name, inputs=("all",), output=flat.name, axis=0, start=start, length=length),
            Reshape(name=shaped.name, inputs=(flat.name,), output=shaped.name, shape=edge.shape),
            Add(name=f"{edge.name}.same", inputs=(shaped.name,) * 2, output=edge.name, addquant=same),
        ]
        parts.append(np.asarray(values).reshape(batch, -1) - edge.zero_point)
        start += length
    graph = Graph(
        name=name, widths=widths, edges=edges, nodes=(*nodes, case.node), input="all", output=case.node.output
    )
    package = Package(graph=graph, samples=np.concatenate(parts, axis=1), labels=np.arange(batch))
    found = graph.run(package.samples)
    for edge, values in zip(case.inputs, case.values, strict=True):
        assert np.array_equal(found[edge.name], values)
    return package
