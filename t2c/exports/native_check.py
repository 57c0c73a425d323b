"""The file of native modules, read back and held to golden: weights equal, outputs within a derived bound."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from t2c.errors import ExportError
from t2c.exports.native import NativeNetwork, form_of, from_native, native_network, quiet, to_native
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.errors import PackageError, UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import TensorSpec

FORMAT, VERSION = "torch2chip-native", 1

ENGINE = "qnnpack"
"""Torch's quantised kernels with exact 32-bit sums on every processor; the others saturate at 16 bits on some."""


@dataclass(frozen=True, kw_only=True)
class Deviation:
    """How far native outputs are from golden's. values: compared; different: not equal; largest: in output steps."""

    values: int
    different: int
    largest: int


@contextlib.contextmanager
def quantized_engine(name: str = ENGINE) -> Iterator[None]:
    """Use one of torch's quantised engines, and go back to the former one; see also `quiet`."""
    former = torch.backends.quantized.engine
    torch.backends.quantized.engine = name
    try:
        with quiet():
            yield
    finally:
        torch.backends.quantized.engine = former


def can_run() -> bool:
    """Whether this build of torch has the engine."""
    return ENGINE in torch.backends.quantized.supported_engines


def bound(node: Node, inputs: tuple[TensorSpec, ...], output: TensorSpec) -> int:
    """Return how many output steps torch may be from golden.

    Golden rounds the exact value r with an error up to 1/2 (floor: below 1); torch rounds r + d to nearest. The form of
    each kind of node knows d.
    """
    return form_of(node).bound(node, inputs, output)


def native_bytes(graph: Graph) -> bytes:
    """Return the file: what `torch.save` writes of the modules' state dicts by layer, and the refused layers."""
    with quantized_engine(ENGINE if can_run() else torch.backends.quantized.engine):
        network = native_network(graph)
        record: dict[str, Any] = {
            "format": FORMAT,
            "version": VERSION,
            "name": graph.name,
            "refused": dict(network.refused),
            "layers": {name: module.state_dict() for name, module in network.modules.items()},
        }
        buffer = io.BytesIO()
        torch.save(record, buffer)
    return buffer.getvalue()


def read_native(data: bytes, graph: Graph) -> NativeNetwork:
    """Read the file with `weights_only=True` into modules for the layers of a graph.

    Torch keeps output scales as float32, QNNPACK those of weights too.

    Raises:
        PackageError: not such a file, or its layers are not those of the graph.
    """
    network = native_network(graph, blank=True)
    try:
        with quiet():
            record = torch.load(io.BytesIO(data), weights_only=True)
        if not isinstance(record, dict) or (record.get("format"), record.get("version")) != (FORMAT, VERSION):
            raise PackageError(f"not a {FORMAT} file of version {VERSION}")
        if list(record["layers"]) != list(network.modules):
            raise PackageError(f"layers {list(record['layers'])} are not the graph's {list(network.modules)}")
        for name, module in network.modules.items():
            module.load_state_dict(record["layers"][name])
        return NativeNetwork(modules=network.modules, refused=record["refused"])
    except PackageError:
        raise
    except Exception as error:  # torch raises many types for a damaged file
        raise PackageError(f"native: {' '.join(str(error).split())[:200]}") from error


def deviations(network: NativeNetwork, graph: Graph, images: IntArray) -> dict[str, Deviation]:
    """Run every layer on golden's own inputs, in the engine that is set, and return how far its outputs are.

    Raises:
        UnsupportedError: the engine cannot run a layer; the message names it.
    """
    found: dict[str, Deviation] = {}
    values = graph.run(images)
    for name, module in network.modules.items():
        node = graph.node(name)
        arguments = [to_native(values[edge.name], edge) for edge in graph.inputs_of(node)]
        try:
            with torch.no_grad():
                actual = from_native(module(*arguments), graph.edges[node.output])
        except RuntimeError as error:
            raise UnsupportedError(f"node {name!r}: torch's {ENGINE} cannot run it: {error}") from error
        steps = np.abs(actual - values[node.output])
        found[name] = Deviation(values=steps.size, different=int((steps > 0).sum()), largest=int(steps.max()))
    return found


def check_native(data: bytes, graph: Graph, images: IntArray) -> dict[str, Deviation]:
    """Read the file and compare it with golden's graph.

    Integer weights, scales, biases, zero points and the refused layers must be equal; every layer's outputs, on
    golden's inputs and QNNPACK, must be within `bound` of golden's (only where torch has that engine).

    Returns:
        The deviation of each layer; empty without the engine.

    Raises:
        ExportError: a difference; the message names the layer.
        PackageError: the file cannot be read.
    """
    with quantized_engine(ENGINE if can_run() else torch.backends.quantized.engine):
        read, made = read_native(data, graph), native_network(graph)
        if dict(read.refused) != dict(made.refused):
            raise ExportError("native: the refused layers differ")
        for name, module in read.modules.items():
            node = graph.node(name)
            form_of(node).check(f"native: layer {name!r}", node, graph.inputs_of(node), module, made.modules[name])
        found = deviations(read, graph, images) if can_run() else {}
    for name, deviation in found.items():
        node = graph.node(name)
        allowed = bound(node, graph.inputs_of(node), graph.edges[node.output])
        if deviation.largest > allowed:
            raise ExportError(
                f"native: layer {name!r}: an output is {deviation.largest} steps from golden, {allowed} are allowed"
            )
    return found
