"""What writes a graph as C99, node by node, and the forms of single nodes, found by their operation.

Each node becomes one function that reads and writes tensors of a struct. A form writes its body; constants are static
arrays, or numbers where there is one for the whole tensor.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from t2c.common.registry import Registry
from t2c.exports.exact_products import demand_exact_products
from t2c.golden.arithmetic.formats import IntArray, IntTensor, smallest_dtype
from t2c.golden.arithmetic.mulquant import AddQuant, MulQuant, OutputStage
from t2c.golden.arithmetic.rounding import MAX_MAGNITUDE
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import AccumulatingNode, Node
from t2c.golden.graph.tensor_spec import TensorSpec

A_LINE = 16
"""Numbers of a constant on one line."""
LARGEST_INDEX = (1 << 31) - 1
"""Elements of a tensor or of an array of constants; indices are int32_t."""


def identifier(name: str, known: set[str], prefix: str) -> str:
    """A name of C for a name of a package: letters, digits and _, after a prefix, unlike all known ones.

    >>> known = set()
    >>> [identifier(name, known, "t_") for name in ("conv1", "a.b-c", "a_b_c", "ü*/")]
    ['t_conv1', 't_a_b_c', 't_a_b_c_2', 't____']
    """
    base = prefix + re.sub("[^A-Za-z0-9_]", "_", name)[:40]
    found, number = base, 1
    while found in known:
        number += 1
        found = f"{base}_{number}"
    known.add(found)
    return found


def literal(text: str) -> str:
    """A text as a string of C; whatever could end it or start a trigraph is a number of three octal digits.

    >>> print(literal('a"b??/'))
    "a\\042b\\077\\077/"
    """
    octets = text.encode("utf-8", "surrogatepass")
    plain = re.compile(rb"[A-Za-z0-9_.,:/ ()+-]")
    return '"' + "".join(chr(k) if plain.match(bytes([k])) else f"\\{k:03o}" for k in octets) + '"'


def ctype(dtype: np.dtype[Any]) -> str:
    """The name of an integer type.

    >>> ctype(np.dtype(np.uint8))
    'uint8_t'
    """
    return f"{dtype.name}_t"


def constant_type(values: IntArray) -> str:
    """The type of an array of constants: unsigned only where int holds every value of it too.

    >>> constant_type(np.array([0, 255])), constant_type(np.array([0, 65536]))
    ('uint8_t', 'int32_t')
    """
    lo, hi = int(values.min()), int(values.max())
    return ctype(smallest_dtype(lo if hi < 1 << 16 else min(lo, -1), hi))


def number(value: int) -> str:
    """An integer constant; the least int64_t has no literal of its own.

    >>> number(-5), number(-(1 << 63))
    ('-5', '(-9223372036854775807 - 1)')
    """
    return "(-9223372036854775807 - 1)" if value == -(1 << 63) else str(value)


class CBuilder:
    """Collects functions and constants. graph: the network."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.helpers: set[str] = set()
        self.constants: list[str] = []
        self.functions: list[str] = []
        self.calls: list[str] = []
        known: set[str] = set()
        self.members = {name: identifier(name, known, "t_") for name in graph.edges}
        self._names: set[str] = set()
        for edge in graph.edges.values():
            if (size := math.prod(edge.shape)) > LARGEST_INDEX:
                raise UnsupportedError(f"edge {edge.name!r}: {size} elements; C counts them in 31 bits")

    def node(self, node: Node) -> None:
        """Write one node in the form that is registered for its operation.

        Raises:
            UnsupportedError: it has none; the message names the node.
        """
        demand_exact_products(node, "C")
        form = C_FORMS.find(node.op)
        if form is None:
            raise UnsupportedError(f"node {node.name!r}: {node.op} has no C form here")
        name = identifier(node.name, self._names, "node_")
        body = textwrap.indent(textwrap.dedent(form(node, self)).strip(), "    ")
        arguments = [f"const {ctype(self.edge(node, k).dtype)} *{x}" for k, x in enumerate(self.inputs(node))]
        arguments.append(f"{ctype(self.output(node).dtype)} *y")
        shapes = ", ".join("x".join(map(str, self.edge(node, k).shape)) for k in range(len(node.inputs)))
        there = "x".join(map(str, self.output(node).shape))
        self.functions.append(
            f"/* {node.op}: {shapes} to {there}. */\nstatic void {name}({', '.join(arguments)})\n{{\n{body}\n}}"
        )
        values = [f"t->{self.members[edge]}" for edge in (*node.inputs, node.output)]
        self.calls.append(f"{name}({', '.join(values)});")

    def inputs(self, node: Node) -> list[str]:
        """What the inputs of a node are called in its function: x, or x0, x1, ..."""
        return ["x"] if len(node.inputs) == 1 else [f"x{k}" for k in range(len(node.inputs))]

    def edge(self, node: Node, index: int) -> TensorSpec:
        """An input edge."""
        return self.graph.edges[node.inputs[index]]

    def output(self, node: Node) -> TensorSpec:
        """The output edge."""
        return self.graph.edges[node.output]

    def use(self, helper: str) -> str:
        """Have a helper written, and return its name."""
        self.helpers.add(helper)
        return helper

    def constant(self, node: Node, part: str, values: IntTensor) -> str:
        """Write a static array and return its name."""
        flat = np.asarray(values, np.int64).reshape(-1)
        name = identifier(f"{node.name}_{part}", self._names, "k_")
        words = [number(value) for value in flat.tolist()]
        lines = ",\n".join("    " + ", ".join(words[k : k + A_LINE]) for k in range(0, len(words), A_LINE))
        self.constants.append(f"static const {constant_type(flat)} {name}[{flat.size}] = {{\n{lines}\n}};")
        return name

    def cast(self, node: Node, value: str) -> str:
        """A value that lies in the output's format, as its type."""
        return f"({ctype(self.output(node).dtype)})({value})"

    def finished(
        self, node: Node, stage: OutputStage, p: str, shift: str, *, wide: bool, bounds: tuple[str, str] | None = None
    ) -> str:
        """clip(round_S(p) + zp, lo, hi) as the output's type. p: int64_t within 2^62, or wide; bounds: in the place of
        lo and hi."""
        lo, hi = bounds or (number(stage.lo), number(stage.hi))
        rounding = self.use(f"{'wide_' if wide else ''}round_{stage.rounding}")
        self.use("clip")
        moved = f"{rounding}({p}, {shift})" + (f" + {number(stage.zero_point)}" if stage.zero_point else "")
        return self.cast(node, f"clip({moved}, {lo}, {hi})")

    def requantised(self, node: AccumulatingNode, acc: str, channel: str) -> str:
        """MulQuant of an accumulator. channel: an index, where there are constants per channel."""
        quant: MulQuant = node.mulquant
        wide = quant.largest(node.worst_accumulator(self.graph.inputs_of(node))) > MAX_MAGNITUDE

        def part(name: str, values: IntTensor) -> str:
            if quant.channels == 1:
                return number(int(values[0]))
            return f"{self.constant(node, name, values)}[{channel}]"

        m, b, s = (part(name, getattr(quant, name)) for name in ("multiplier", "bias", "shift"))
        bounds = None
        if quant.clip is not None:
            bounds = part("channel_lo", quant.clip.channel_lo), part("channel_hi", quant.clip.channel_hi)
        return self.finished(node, quant, self._sum([(acc, m)], b, wide), s, wide=wide, bounds=bounds)

    def added(self, node: Node, quant: AddQuant, terms: list[tuple[str, int]]) -> str:
        """AddQuant of two operands. terms: each without its zero point, and its largest magnitude."""
        multipliers = (quant.multiplier_a, quant.multiplier_b)
        reach = sum(abs(m) * most for m, (_, most) in zip(multipliers, terms, strict=True)) + abs(quant.bias)
        wide = reach > MAX_MAGNITUDE
        products = [(term, number(m)) for (term, _), m in zip(terms, multipliers, strict=True)]
        return self.finished(node, quant, self._sum(products, number(quant.bias), wide), str(quant.shift), wide=wide)

    def _sum(self, products: list[tuple[str, str]], bias: str, wide: bool) -> str:
        """Products and a bias, in 64 bits or in 128."""
        if not wide:
            return " + ".join([*(f"(int64_t)({a}) * ({m})" for a, m in products), f"({bias})"])
        self.use("wide_product")
        total = f"wide_of({bias})"
        for a, m in products:
            total = f"wide_sum(wide_product({a}, {m}), {total})"
        return total


def centred(element: str, zero_point: int) -> str:
    """An element without its zero point, as int32_t."""
    return f"((int32_t){element} - ({zero_point}))" if zero_point else f"(int32_t){element}"


def accumulator(node: AccumulatingNode, builder: CBuilder) -> str:
    """The type that holds every partial sum of a node, in any order."""
    worst = node.worst_accumulator(builder.graph.inputs_of(node))
    return "int32_t" if worst < 1 << 31 else "int64_t"


Form = TypeVar("Form", bound=Callable[[Any, CBuilder], str])

C_FORMS: Registry[Callable[[Any, CBuilder], str]] = Registry("C form of", "t2c.exports.c_forms")


def c_form(op: str) -> Callable[[Form], Form]:
    """Register a function (node, builder) that returns the body of a node's function in C: from x, or x0, x1, to y."""
    return C_FORMS(op)
