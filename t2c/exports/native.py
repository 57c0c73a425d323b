"""A graph as torch's own quantised modules: qint8 weights per channel, quint8 activations, where 8-bit rules allow.

Torch's quantised kernels take quint8 activations only. A signed edge is therefore read with both its integers and its
zero point moved by 128, which changes no real value. Torch requantises in float and rounds to nearest even, with the
bias rounded to a whole accumulator step: its outputs are near golden's, not equal. `t2c.exports.native_check` states
and checks how near.
"""

from __future__ import annotations

import contextlib
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from t2c.common.registry import Registry
from t2c.exports.exact_products import demand_exact_products
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import OutputStage
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import TensorSpec

OFFSET = 128
"""What turns a signed byte into an unsigned one."""

CODE_LO, CODE_HI = 0, 255


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep to itself what torch warns of and no user of this format can mend.

    Quantised tensors will be removed one day, and loading them uses an old storage class.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="torch.quantize_per_tensor|TypedStorage is deprecated")
        yield


def offset_of(edge: TensorSpec) -> int:
    """What is added to an edge's integers and zero point to read them as quint8."""
    return OFFSET if edge.signed else 0


def to_native(values: IntArray, edge: TensorSpec) -> Tensor:
    """Return integers of an edge as a quint8 tensor of the same real values."""
    codes = torch.from_numpy((values + offset_of(edge)).astype(np.uint8))
    return torch._make_per_tensor_quantized_tensor(codes, edge.scale, edge.zero_point + offset_of(edge))


def from_native(tensor: Tensor, edge: TensorSpec) -> IntArray:
    """Return the integers of a quint8 tensor as golden's edge has them."""
    codes: IntArray = tensor.int_repr().numpy().astype(np.int64) - offset_of(edge)
    return codes


def clips_at_zero_point(node: Node, stage: OutputStage, edge: TensorSpec) -> bool:
    """Return whether the layer needs torch's ReLU form.

    Raises:
        UnsupportedError: it clips where quint8 does not.
    """
    if getattr(stage, "clip", None) is not None:
        raise UnsupportedError(f"node {node.name!r}: it has bounds for each channel; torch clips all alike")
    lo, hi, zero = (value + offset_of(edge) for value in (stage.lo, stage.hi, edge.zero_point))
    if hi != CODE_HI or lo not in (CODE_LO, zero):
        what = f"{stage.lo}..{stage.hi} in {edge.format}"
        raise UnsupportedError(
            f"node {node.name!r}: it clips to {what}; torch clips to all 8 bits, or to those above the zero point"
        )
    return lo != CODE_LO


class NativeForm(ABC):
    """How torch runs one kind of node; one without weights has nothing to hold to golden."""

    @abstractmethod
    def module(self, node: Any, inputs: tuple[TensorSpec, ...], output: TensorSpec, *, blank: bool) -> nn.Module:
        """Return the module; arguments and errors as `module_of`."""

    def bound(self, node: Any, inputs: tuple[TensorSpec, ...], output: TensorSpec) -> int:
        """How many output steps torch may be from golden."""
        return 0

    def check(self, place: str, node: Any, inputs: tuple[TensorSpec, ...], module: Any, made: Any) -> None:  # noqa: B027
        """Hold a module that was read from a file to the one that was made of the node.

        Args:
            place: how the message begins.
            node, inputs: the node and its edges.
            module, made: read, and made.

        Raises:
            ExportError: they differ.
        """


Form = TypeVar("Form", bound=type[NativeForm])

NATIVE_FORMS: Registry[type[NativeForm]] = Registry("native module of", "t2c.exports.native_forms")


def native_form(op: str) -> Callable[[Form], Form]:
    """Register a class, which is made without arguments, as what torch runs for an operation."""
    return NATIVE_FORMS(op)


def form_of(node: Node) -> NativeForm:
    """The form of a node; raise UnsupportedError if torch has none."""
    demand_exact_products(node, "torch")
    form = NATIVE_FORMS.find(node.op)
    if form is None:
        raise UnsupportedError(f"node {node.name!r}: torch has no quantised module for {node.op}")
    return form()


def module_of(node: Node, inputs: tuple[TensorSpec, ...], output: TensorSpec, *, blank: bool = False) -> nn.Module:
    """Return the native module of a node.

    Args:
        node: the node; inputs, output: its edges; blank: leave weights, scale and zero point to `load_state_dict`.

    Raises:
        UnsupportedError: 8-bit rules do not allow it; the message names the node and says why.
    """
    return form_of(node).module(node, inputs, output, blank=blank)


@dataclass(frozen=True, kw_only=True)
class NativeNetwork:
    """The layers that torch can run, by name, and why it cannot run the others.

    modules: in the graph's order; refused: reason by layer.
    """

    modules: Mapping[str, nn.Module]
    refused: Mapping[str, str] = field(default_factory=dict)


def native_network(graph: Graph, *, blank: bool = False) -> NativeNetwork:
    """Return the native modules of a graph, layer by layer; what is refused is listed with its reason."""
    modules: dict[str, nn.Module] = {}
    refused: dict[str, str] = {}
    for node in graph.nodes:
        try:
            with quiet():
                modules[node.name] = module_of(node, graph.inputs_of(node), graph.edges[node.output], blank=blank)
        except UnsupportedError as error:
            refused[node.name] = str(error)
    return NativeNetwork(modules=modules, refused=refused)
