"""A module in its place among others."""

from __future__ import annotations

from dataclasses import dataclass

from t2c.pipelines.handshake import ConnectedModule
from t2c.pipelines.module import PipelineModule


@dataclass(frozen=True, kw_only=True)
class PlacedModule:
    """A module in the top.

    stage: that it belongs to; inputs, outputs: streams, each by what the names of its wires begin with.
    """

    module: PipelineModule
    stage: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    @property
    def connected(self) -> ConnectedModule:
        """Its behaviour in time."""
        return ConnectedModule(handshake=self.module.handshake, inputs=self.inputs, outputs=self.outputs)
