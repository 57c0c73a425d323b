"""A function of the user's own in Python that stands for a layer of golden: found, called, and checked each time."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from t2c.common.errors import UserError
from t2c.common.own_python import line_of, own_python
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.target.constants import chip_constants

ARGUMENTS = ("inputs", "constants", "layer")


@dataclass(frozen=True, kw_only=True, eq=False)
class OwnLayer:
    """What a function of the user's own is told of the layer that it stands for.

    node: the layer as the package has it: name, op, stage (rounding, zero_point, lo, hi), stride, padding, ...;
    inputs: its input edges, in order; output: its output edge, each with shape, bits, signed, zero_point, scale.
    """

    node: Any
    inputs: tuple[TensorSpec, ...]
    output: TensorSpec

    def sums(self, inputs: Mapping[str, IntArray]) -> IntArray:
        """The exact sums of products of the layer, before any requantisation, int64 (N, *output.shape).

        Raises:
            UserError: the layer sums nothing.
        """
        found = self.node.accumulate([inputs[edge.name] for edge in self.inputs], self.inputs)
        if found is None:
            raise UserError(f"layer {self.node.name!r}: {self.node.op} has no sums")
        sums: IntArray = found
        return sums

    def golden(self, inputs: Mapping[str, IntArray]) -> IntArray:
        """What golden gives, int64 (N, *output.shape)."""
        values = [inputs[edge.name] for edge in self.inputs]
        given = [e.narrow(e.name, v) for e, v in zip(self.inputs, values, strict=True)] if self.node.narrow else values
        result: IntArray = np.asarray(self.node.forward(given, self.inputs)).astype(np.int64)
        return result


@dataclass(frozen=True, kw_only=True)
class OwnFunction:
    """A function, and where it is written. where: FILE:FUNCTION as it was given; digest: SHA-256 of the file."""

    where: str
    digest: str
    call: Callable[..., Any]

    def run(self, values: Mapping[str, IntArray], node: Node, inputs: tuple[TensorSpec, ...], out: TensorSpec) -> Any:
        """Call it for a batch of images and check what it returns.

        Args:
            values: the node's inputs by edge, int64 (N, *shape); node, inputs, out: what it stands for.

        Returns:
            An integer array (N, *out.shape), every value of the format of `out`.

        Raises:
            UserError: it raised something, or returned another type, dtype, shape, or a value outside the format; the
            message names the layer, the function and the place.
        """
        given = {name: _sealed(value) for name, value in values.items()}
        constants = {constant.name: _sealed(constant.values) for constant in chip_constants(node)}
        layer = OwnLayer(node=node, inputs=inputs, output=out)
        try:
            result = self.call(given, constants, layer)
        except (Exception, SystemExit) as error:  # whatever a user's function raises, its user mends it
            raise self._refused(
                node, f"{line_of(error, Path(self.where.rpartition(':')[0]))}{type(error).__name__}: {error}"
            ) from error
        shape = (len(next(iter(values.values()))), *out.shape)
        if not isinstance(result, np.ndarray):
            raise self._refused(node, f"it returned {type(result).__name__}, not a NumPy array")
        if result.dtype.kind not in "iu":
            raise self._refused(node, f"it returned dtype {result.dtype}, which is not an integer type")
        if result.shape != shape:
            raise self._refused(node, f"it returned shape {result.shape}, not {shape}")
        try:
            return out.narrow(f"{out.name} ({out.format})", result)
        except ValueError as error:
            raise self._refused(node, f"it returned {error}") from error

    def _refused(self, node: Node, text: str) -> UserError:
        return UserError(f"layer {node.name!r}: {self.where}: {text}")


def own_function(where: str) -> OwnFunction:
    """Find FILE.py:FUNCTION.

    Raises:
        UserError: no such file, it cannot be imported, it has no such function, or one that does not take
        (inputs, constants, layer).
    """
    found = own_python(where, *ARGUMENTS)
    name = where.rpartition(":")[2]
    return OwnFunction(where=f"{os.path.relpath(found.path)}:{name}", digest=found.digest, call=found.call)


def _sealed(values: IntArray) -> IntArray:
    """int64, not to be written to."""
    copy = np.array(values, np.int64)
    copy.setflags(write=False)
    return copy
