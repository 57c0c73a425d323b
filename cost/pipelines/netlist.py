"""A pipeline for the tools of this room: as a design, as a netlist in the place of its source."""

from __future__ import annotations

import os
from pathlib import Path

from t2c.common.errors import UserError
from t2c.common.staging import staging_folder, swap_in
from t2c.cost.design import SynthesisDesign
from t2c.cost.families import Family
from t2c.cost.keeper import Keeper
from t2c.cost.netlist import netlist_name, write_netlist
from t2c.pipelines.description import NAME as DESCRIPTION
from t2c.pipelines.description import description_text
from t2c.pipelines.top_module import probes
from t2c.pipelines.write import Pipeline

LEFT = 0.98
"""Of the multipliers as written: with constants in the logic a tool may find that two products are one."""


def pipeline_design(pipeline: Pipeline) -> SynthesisDesign:
    """What a tool gets of a pipeline that was written."""
    return SynthesisDesign(top=pipeline.top, rtl=pipeline.folder, left=LEFT)


def write_pipeline_netlist(
    pipeline: Pipeline, package: str | os.PathLike[str], family: Family, keeper: Keeper, folder: Path
) -> Path:
    """Map a pipeline to a family and describe the netlist as the pipeline is described; give the description.

    The tensors inside stay on wires of their names, so that the netlist is compared with golden tensor by tensor. What
    only they read stays too, so it is somewhat more than `synthesise` counts.

    Args:
        pipeline: of a package; package: its folder.
        family, keeper: as `write_netlist` takes them.
        folder: for the netlist and its dut.yaml; replaced if it is there.

    Raises:
        UserError: the pipeline is of no package.
        SimulatorError: Yosys is missing, or does not take it.
    """
    if pipeline.description is None:
        raise UserError(f"{pipeline.top}: without a package there is nothing to compare with")
    kept = [wire for probe in probes(pipeline.plan) for wire in probe.wires]
    netlist = write_netlist(pipeline_design(pipeline), family, keeper, keep=kept)
    relative = os.path.relpath(Path(package).resolve(), folder.resolve())
    name = netlist_name(pipeline.top)
    with staging_folder(folder) as staging:
        (staging / f"{name}.v").write_bytes(netlist.read_bytes())
        (staging / DESCRIPTION).write_text(description_text(pipeline.plan, f"{name}.v", relative, name))
        swap_in(staging, folder)
    return folder / DESCRIPTION
