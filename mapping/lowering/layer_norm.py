"""layer_norm on the row engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from t2c.contract.activation_layout import Layout
from t2c.contract.field_kinds import WORD_BITS
from t2c.contract.operations import Operation
from t2c.contract.parameter_lanes import channel_lanes
from t2c.contract.pipeline import FRACTION_BITS, ROOT_BITS
from t2c.golden.arithmetic.layer_norm import RowNorm
from t2c.golden.arithmetic.mulquant import OutputStage
from t2c.golden.errors import UnsupportedError
from t2c.golden.nodes.layer_norm import LayerNorm
from t2c.mapping.layer import stage_fields
from t2c.mapping.lower import Site, lowers
from t2c.mapping.plan import LayerPlan, Part
from t2c.mapping.row_plan import RowEnginePlan, check_rows
from t2c.mapping.tiles import column_channels


@dataclass(frozen=True, kw_only=True, eq=False)
class LayerNormPlan(RowEnginePlan):
    """LayerNorm of each pixel's channels; params: of COLS channels a word."""

    operation: ClassVar[Operation] = Operation.LAYER_NORM

    norm: RowNorm
    stage: OutputStage

    def own_fields(self, part: Part) -> dict[str, Any]:
        high, low = divmod(self.norm.epsilon, 1 << WORD_BITS)
        return {
            "epsilon_low": low,
            "epsilon_high": high,
            "param_base": part.param_base,
            **stage_fields(self.stage),
        }


@lowers("layer_norm", row_engine=True)
def lower_layer_norm(node: LayerNorm, site: Site) -> LayerPlan:
    """Plan a LayerNorm over the channels of a map."""
    source, hardware = site.sources[0], site.hardware
    check_rows(node, hardware, source)
    for name, value, only in (
        ("root_bits", node.norm.root_bits, ROOT_BITS),
        ("fraction_bits", node.norm.fraction_bits, FRACTION_BITS),
    ):
        if value != only:
            raise UnsupportedError(f"layer {node.name!r}: {name} = {value}: the core takes {only}")
    target = Layout.of(site.output.shape, hardware.rows, copies=1)
    channels = column_channels(target, hardware.cols)[: -(-target.channels // hardware.cols)]
    return LayerNormPlan(
        **{**site.plan_fields(node), "target": target},
        params=channel_lanes(node.mulquant, channels, hardware),
        norm=node.norm,
        stage=node.mulquant,
    )
