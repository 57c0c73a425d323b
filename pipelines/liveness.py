"""Which channels anything reads: what only a bench reads is written, but a synthesis takes it away."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from t2c.pipelines.chain import Chain, SumStage, VectorStage

Mask = npt.NDArray[np.bool_]


def live_channels(chain: Chain) -> dict[str, Mask]:
    """By edge, which of its channels reach an output of the chain; of a vector behind a map, of its elements."""
    live = {name: np.zeros(edge.channels, bool) for name, edge in chain.edges.items()}
    live[chain.output.name][:] = True
    for stage in reversed(chain.stages):
        behind, before = live[stage.output], chain.edges[stage.inputs[0]]
        if isinstance(stage, SumStage):
            factors = np.array([stage.requant.channel(out).multiplier != 0 for out in range(len(behind))])
            reached = (stage.matrix[behind & factors] != 0).any(axis=(0, 2, 3))
        elif isinstance(stage, VectorStage):
            reached = behind.reshape(before.channels, -1).any(axis=1)
        else:
            reached = behind
        for edge in stage.inputs:
            live[edge] = live[edge] | reached
    return live
