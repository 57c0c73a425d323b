"""A random layer of any kind that the core runs, drawn from the legal space; what a kind declares is all it needs.

A budget keeps a layer short: where one dimension is large, the others are small.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from t2c.contract.hardware import Hardware
from t2c.contract.legal_space import dimension
from t2c.golden.arithmetic.formats import IntArray, IntFormat
from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.arithmetic.window import shortened
from t2c.golden.errors import PackageError, RangeError, ShapeError, UnsupportedError
from t2c.golden.graph.dimension import Dimension
from t2c.golden.graph.fields import Boolean, Integer, Integers, RoundingMode, Tensor
from t2c.golden.graph.node import Node
from t2c.golden.graph.node_space import AXES
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.tb.random_models.draw_fields import FIELD_DRAWS
from t2c.tb.random_models.settle import empty_stage

REFUSED = (RangeError, ShapeError, UnsupportedError, PackageError)
"""A draw that is not legal raises one of these; another draw follows."""
_WINDOW = ("kernel", "stride", "padding", "dilation")
_BITS, _ZERO_POINT = dimension("tensor.bits"), dimension("tensor.zero_point")


@dataclass(frozen=True, kw_only=True)
class LayerDraw:
    """Draws edges and nodes for some hardware. budget: array cells times pixels that a layer may take, roughly."""

    rng: np.random.Generator
    hardware: Hardware
    budget: int

    @property
    def widths(self) -> Widths:
        """Of the package: as wide as the hardware."""
        return Widths(acc=self.hardware.acc_w, scale=self.hardware.scale_w, bias=self.hardware.bias_w)

    def edge(self, name: str, shape: tuple[int, ...]) -> TensorSpec:
        """A tensor in any format that fits X_W."""
        bits, signed = _BITS.draw(self.rng, high=self.hardware.x_w), bool(self.rng.integers(2))
        fmt = IntFormat(bits=bits, signed=signed)
        zero_point = _ZERO_POINT.draw(self.rng, fmt.lo, fmt.hi) if self.rng.integers(4) else 0
        return TensorSpec(name=name, shape=shape, bits=bits, signed=signed, zero_point=zero_point)

    def shape(self, rank: int) -> tuple[int, ...]:
        """A shape of that rank of at most `budget` values; which axis draws first is chance."""
        names = ("channels", "height", "width") if rank == 3 else ("features",)
        return self.share([dimension(f"tensor.{name}") for name in names])

    def share(self, dimensions: Sequence[Dimension], budget: int = 0) -> tuple[int, ...]:
        """A value for each, whose product is at most the budget."""
        left, found = budget or self.budget, [0] * len(dimensions)
        for place in self.rng.permutation(len(dimensions)):
            found[place] = dimensions[place].draw(self.rng, high=max(left, dimensions[place].low))
            left //= max(found[place], 1)
        return tuple(found)

    def node(self, kind: type[Node], name: str, inputs: Sequence[TensorSpec]) -> tuple[Node, TensorSpec]:
        """A node over these tensors and its output, whose constants wait for `Sketch.settle`.

        Raises:
            RangeError, ShapeError, UnsupportedError: this draw is not legal.
        """
        fields = self._fields(kind, inputs[0])
        common: dict[str, Any] = {"name": name, "inputs": tuple(edge.name for edge in inputs), "output": name}
        any_edge = TensorSpec(name=name, shape=(1,), bits=self.hardware.x_w, signed=True)
        # The shape does not depend on the stage, and the number of constants depends on the shape.
        sample = kind(**common, **fields, **empty_stage(kind, any_edge, 1, self.widths))
        shape = sample.output_shape(inputs)
        edge = (
            self.edge(name, shape)
            if kind.stage_field
            else self._unstaged(fields, replace(inputs[0], shape=shape), name)
        )
        channels = (1, *shape)[kind.channel_axis] if self.rng.integers(3) else 1
        node = kind(**common, **fields, **empty_stage(kind, edge, channels, self.widths))
        node.check_numbers(inputs, edge)
        return node, edge

    def _unstaged(self, fields: Mapping[str, Any], like: TensorSpec, name: str) -> TensorSpec:
        """The output of a node that does not requantise: of its table's format, else read as its input."""
        if "softmax" in fields:
            bits = fields["softmax"].output_bits
            return replace(like, name=name, bits=bits, signed=False, zero_point=0, scale=2.0**-bits)
        if "pointwise" in fields:
            fmt = fields["pointwise"].output
            zero_point = _ZERO_POINT.draw(self.rng, fmt.lo, fmt.hi)
            return replace(like, name=name, bits=fmt.bits, signed=fmt.signed, zero_point=zero_point)
        return replace(like, name=name)

    def _fields(self, kind: type[Node], source: TensorSpec) -> dict[str, Any]:
        """A value for every field that a kind declares, but its output stage."""
        shape = source.shape
        found: dict[str, Any] = {}
        pairs = {field.name for field in kind.fields if isinstance(field, Integers)}
        axes = kind.weight_axes
        windows: Mapping[str, tuple[int, ...]] = {}
        if pairs or "H" in axes:
            if len(shape) != 3:
                raise ShapeError(f"{kind.op}: a window slides over a map, not over {shape}")
            windows = self._windows(kind, pairs, shape)
        for field in kind.fields:
            if field.name == kind.stage_field or field.optional:
                continue
            if field.name in FIELD_DRAWS:
                found[field.name] = FIELD_DRAWS[field.name](self.rng, source, found, self.hardware.x_w)
            elif isinstance(field, Integers):
                found[field.name] = windows[field.name]
            elif isinstance(field, (RoundingMode, Boolean)):
                raise UnsupportedError(f"{kind.op}.{field.name}: no way to draw it")
            elif isinstance(field, Integer):
                found[field.name] = self._integer(kind, field, shape)
            elif isinstance(field, Tensor) and axes:
                kernel = windows.get("kernel", ())
                found[field.name] = self._weight(axes, shape, kernel, found)
            else:
                raise UnsupportedError(f"{kind.op}.{field.name}: no way to draw it")
        return found

    def _integer(self, kind: type[Node], field: Integer, shape: tuple[int, ...]) -> int:
        """Within its limits; one without limits divides the channels, as groups do."""
        if field.limits is None:
            divisors = [count for count in range(1, shape[0] + 1) if shape[0] % count == 0]
            return divisors[int(self.rng.integers(len(divisors)))] if self.rng.integers(2) else 1
        high = self.hardware.w_w if field.name == "weight_bits" else None
        return dimension(f"{kind.op}.{field.name}").draw(self.rng, high=high)

    def _windows(self, kind: type[Node], pairs: set[str], shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        """Kernel, stride, padding and dilation on both axes; the dilated kernel fits the padded map."""
        reach = self.share([Dimension(owner="kernel", name=axis, low=1, high=self.budget) for axis in AXES])
        drawn = [self._window(kind, axis, pairs, shape[1 + place], reach[place]) for place, axis in enumerate(AXES)]
        found: dict[str, tuple[int, ...]] = {name: (drawn[0][name], drawn[1][name]) for name in _WINDOW}
        sides = [self._sides(window, shape[1 + place]) for place, window in enumerate(drawn)]
        return found | {"padding": shortened([side for pair in sides for side in pair])}

    def _sides(self, window: Mapping[str, int], extent: int) -> tuple[int, int]:
        """Padding before and behind the image: alike for half of the windows, else less on one side."""
        padding = window["padding"]
        if not padding or self.rng.integers(2):
            return padding, padding
        reach = window["dilation"] * (window["kernel"] - 1) + 1
        less = int(self.rng.integers(min(padding, extent + 2 * padding - reach) + 1))
        return (padding, padding - less) if self.rng.integers(2) else (padding - less, padding)

    def _window(self, kind: type[Node], axis: str, pairs: set[str], extent: int, taps: int) -> dict[str, int]:
        rng, half = self.rng, bool(self.rng.integers(2))

        def drawn(name: str, high: int | None = None) -> int:
            key = f"{kind.op}.{name}.{axis}" if name in pairs else f"{kind.op}.weight.{name}_{axis}"
            return dimension(key).draw(rng, high=high)

        kernel = drawn("kernel", max(taps, 1))
        padding = drawn("padding", kernel // 2 if half else None) if "padding" in pairs else 0
        if extent + 2 * padding > self.budget:
            padding = 0
        kernel = min(kernel, extent + 2 * padding)
        room = (extent + 2 * padding - 1) // (kernel - 1) if kernel > 1 else None
        dilation = drawn("dilation", room) if "dilation" in pairs else 1
        stride = drawn("stride", None if rng.integers(4) == 0 else max(extent // 3, 1)) if "stride" in pairs else 1
        return {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}

    def _weight(self, axes: str, shape: tuple[int, ...], kernel: tuple[int, ...], found: Mapping[str, Any]) -> IntArray:
        """Over the whole of its width; a third of them leans to one side, so that sums grow large."""
        rng, groups = self.rng, int(found.get("groups", 1))
        per_group = shape[0] // groups
        window = dict(zip("HW", kernel, strict=False))
        left = max(self.budget // max(per_group * int(np.prod(kernel or (1,))), 1), 1)
        out = groups * dimension("tensor.channels").draw(rng, high=max(left // groups, 1))
        if "I" not in axes:
            out = shape[0]  # one weight a channel: the output has the input's channels
        sizes = {"O": out, "I": per_group, **window}
        fmt = IntFormat(bits=int(found["weight_bits"]), signed=True)
        weight = rng.integers(fmt.lo, fmt.hi, [sizes[axis] for axis in axes], endpoint=True)
        lean = int(rng.integers(6))
        if lean < 2:
            weight = np.abs(weight) if lean else -np.abs(weight)
            weight = np.clip(weight + (fmt.hi // 2 if lean else fmt.lo // 2), fmt.lo, fmt.hi)
        weight.flat[0], weight.flat[-1] = fmt.lo, fmt.hi
        return weight


def draw_samples(rng: np.random.Generator, edge: TensorSpec, count: int) -> IntArray:
    """Inputs: anything; one end or the other; all at one end, but for what the first ones hold."""
    low, high = edge.format.lo, edge.format.hi
    images = rng.integers(low, high, (count, *edge.shape), endpoint=True)
    for index in range(1, count):
        kind = index % 3
        ends = rng.choice((low, high), edge.shape)
        if kind == 1:
            images[index] = np.where(rng.integers(2, size=edge.shape), images[index], ends)
        elif kind == 2:
            images[index] = high if edge.zero_point - low < high - edge.zero_point else low
    return images
