"""What a user chooses of a pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from t2c.common.errors import SettingError
from t2c.pipelines.chain import Chain, SumStage


@dataclass(frozen=True, kw_only=True)
class PipelineOptions:
    """How a chain becomes hardware.

    reuse: cycles that a layer takes for a transfer, of all layers; of_layer: of some, by name. digits: a product by a
    constant of more canonical signed digits is a multiplier, of fewer adders. every: levels of adders after which a
    register comes.
    """

    reuse: int = 1
    of_layer: Mapping[str, int] = field(default_factory=dict)
    digits: int = 2
    every: int = 2

    def __post_init__(self) -> None:
        for name, least in (("reuse", 1), ("digits", 1), ("every", 1)):
            if getattr(self, name) < least:
                raise SettingError.below(name, getattr(self, name), least)
        for layer, reuse in self.of_layer.items():
            if reuse < 1:
                raise SettingError("{reuse}: {layer}={value} is below 1", {"layer": layer, "value": reuse})

    def reuse_of(self, chain: Chain) -> dict[str, int]:
        """Cycles a transfer of each layer that sums; what is said of all is cut to the products of an output.

        It is not for averages, which have no multipliers to share.

        Raises:
            SettingError: a layer that is not there, or has fewer products than it is to take cycles.
        """
        most = {
            stage.name: max(int(np.count_nonzero(stage.weight.reshape(len(stage.weight), -1), axis=1).max()), 1)
            for stage in chain.stages
            if isinstance(stage, SumStage)
        }
        for layer, reuse in self.of_layer.items():
            if layer not in most:
                known = {"layer": layer, "known": ", ".join(most)}
                raise SettingError("{reuse}: {layer!r} is no layer with weights; those are {known}", known)
            if reuse > most[layer]:
                values = {"layer": layer, "value": reuse, "most": most[layer]}
                text = "{reuse}: {layer}={value} is above {most}, the products of one of its outputs"
                raise SettingError(text, values)
        averages = {stage.name for stage in chain.stages if isinstance(stage, SumStage) and (stage.weight == 1).all()}
        usual = {name: 1 if name in averages else min(self.reuse, limit) for name, limit in most.items()}
        return {**usual, **self.of_layer}


def parse_reuse(text: str) -> tuple[int, dict[str, int]]:
    """Read N, LAYER=N,... or both: what is said of all layers, and of some.

    Raises:
        SettingError: anything else, or a layer twice.

    >>> parse_reuse("4"), parse_reuse("conv1=9,fc=2"), parse_reuse("2,fc=8")
    ((4, {}), (1, {'conv1': 9, 'fc': 2}), (2, {'fc': 8}))
    """
    reuse, of_layer, said = 1, {}, False
    for part in (part.strip() for part in text.split(",")):
        name, sign, number = part.rpartition("=")
        wrong = not number.isdecimal() or (bool(sign) != bool(name)) or (said if not name else name in of_layer)
        if wrong:
            raise SettingError("{reuse} = {text!r}: N, or LAYER=N,... with whole numbers, each once", {"text": text})
        if name:
            of_layer[name] = int(number)
        else:
            reuse, said = int(number), True
    return reuse, of_layer
