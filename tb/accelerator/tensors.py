"""Tensors by name: activations, constants and sums of a package, or a file of the user's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from t2c.common.errors import UserError
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.graph.package import Package
from t2c.golden.target.constants import chip_constants

ACCUMULATORS = "accumulators"


@dataclass(frozen=True, kw_only=True, eq=False)
class NamedTensor:
    """A tensor for every run of an accelerator.

    shape: of one run; bits, signed: of its format; values: int64 (runs, *shape), or (1, *shape) if all are alike;
    order: where it comes in program order; names: of its axes, empty where a layout has none to take.
    """

    name: str
    bits: int
    signed: bool
    values: IntArray
    order: int

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values.shape[1:]

    def of_run(self, run: int) -> IntArray:
        """int64, of the shape."""
        values: IntArray = self.values[run if len(self.values) > 1 else 0]
        return values


class TensorBook:
    """What `tensor: NAME` means: an edge of the package, NODE.CONSTANT, or NODE.accumulators.

    Args:
        package: the model.
        first: image to begin with; runs: how many runs; batch: images of each, 0: one, without an axis for it.

    Raises:
        UserError: more images than the package has.
    """

    def __init__(self, package: Package, first: int, runs: int, batch: int) -> None:
        self.package, self.runs, self.batch = package, runs, batch
        wanted, there = runs * max(batch, 1), len(package.samples)
        if first < 0 or first + wanted > there:
            raise UserError(
                f"images {first}..{first + wanted - 1} are asked for; the package has {there} of them: 0..{there - 1}"
            )
        self.images = package.samples[first : first + wanted]
        self._activations: dict[str, IntArray] = {}

    def find(self, name: str) -> NamedTensor:
        """The tensor of that name.

        Raises:
            UserError: there is none; the message lists what there is.
        """
        graph = self.package.graph
        order = {edge: place for place, edge in enumerate((graph.input, *(node.output for node in graph.nodes)))}
        if name in graph.edges:
            edge = graph.edges[name]
            values = self._batched(self._run()[name])
            return NamedTensor(name=name, bits=edge.bits, signed=edge.signed, values=values, order=order[name])
        node_name, _, part = name.rpartition(".")
        for node in graph.nodes:
            if node.name != node_name:
                continue
            constants = chip_constants(node)
            for constant in constants:
                if constant.name == part:
                    held = constant.storage
                    values = constant.values[np.newaxis]
                    return NamedTensor(name=name, bits=held.bits, signed=held.signed, values=values, order=-1)
            bits = node.accumulator_bits(graph.inputs_of(node))
            if part == ACCUMULATORS and bits is not None:
                held_values = self._run()
                sums = node.accumulate([held_values[edge] for edge in node.inputs], graph.inputs_of(node))
                assert sums is not None
                values = self._batched(sums)
                return NamedTensor(name=name, bits=bits, signed=True, values=values, order=order[node.output])
            parts = [constant.name for constant in constants] + ([ACCUMULATORS] if bits is not None else [])
            raise UserError(f"{node_name} has no {part!r}; it has {', '.join(parts) or 'no constants'}")
        edges = ", ".join(order)
        raise UserError(f"{self.package.name} has no tensor {name!r}; it has {edges}, and constants as NODE.weight")

    def _run(self) -> dict[str, IntArray]:
        """Every activation of all images, (images, *shape), once."""
        if not self._activations:
            self._activations = self.package.graph.run(self.images)
        return self._activations

    def _batched(self, values: IntArray) -> IntArray:
        shape = values.shape[1:]
        return values.reshape(self.runs, self.batch, *shape) if self.batch else values


def tensor_of_file(path: Path) -> NamedTensor:
    """A tensor that a .npy file holds, alike in every run; its format is the smallest that holds its values.

    Raises:
        UserError: no such file, or no integers in it.
    """
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise UserError(f"{path.name}: no .npy file of integers there") from error
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "iu" or not values.size:
        raise UserError(f"{path.name}: no integers in it")
    if int(values.max()) >= 1 << 63:
        raise UserError(f"{path.name}: {int(values.max())} is beyond 63 bits; lay such a value out as two elements")
    signed = bool(values.min() < 0)
    most = max(int(values.max()), -int(values.min()) - 1)
    return NamedTensor(
        name=path.name,
        bits=max(most.bit_length() + signed, 1),
        signed=signed,
        values=values.astype(np.int64)[np.newaxis],
        order=-1,
    )
