"""A module in its place among others."""

from __future__ import annotations

from dataclasses import dataclass

from t2c.pipelines.handshake import Connected
from t2c.pipelines.module import Module


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A module in the top. stage: that it belongs to; inputs, outputs: streams, each by what its wires' names begin with."""

    module: Module
    stage: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    @property
    def connected(self) -> Connected:
        """Its behaviour in time."""
        return Connected(handshake=self.module.handshake, inputs=self.inputs, outputs=self.outputs)
