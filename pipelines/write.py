"""A pipeline in a folder: Verilog, a file list, and the description that takes it through the accelerator door."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from t2c.common.errors import SettingError
from t2c.common.staging import staging_folder, swap_in
from t2c.golden.graph.graph import Graph
from t2c.pipelines.chain import Chain
from t2c.pipelines.description import NAME as DESCRIPTION
from t2c.pipelines.description import description_text
from t2c.pipelines.from_graph import chain_of
from t2c.pipelines.options import PipelineOptions
from t2c.pipelines.plan import PipelinePlan, plan_pipeline
from t2c.pipelines.top_module import top_text

FILELIST = "filelist.f"


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """A pipeline that was written.

    folder: where; plan: what it is; files: Verilog, in the order of filelist.f; description: dut.yaml, None of a chain
    that is no package.
    """

    folder: Path
    plan: PipelinePlan
    files: tuple[str, ...]
    description: Path | None

    @property
    def top(self) -> str:
        """The module around all others."""
        return self.plan.top


def write_pipeline(
    source: Graph | Chain, options: PipelineOptions, folder: Path, package: str | os.PathLike[str] | None = None
) -> Pipeline:
    """Write a pipeline into a folder, whole or not at all; an older pipeline there is replaced.

    Args:
        source: a network, or a chain made by hand.
        options: how it is made.
        folder: for it.
        package: folder of the network's package; with it there is a dut.yaml.

    Raises:
        UnsupportedError: a node that no stage does.
        SettingError: a reuse that a layer cannot have, or a folder with other things in it.
    """
    if folder.exists() and not any(folder.glob("*_pipeline.v")) and (folder.is_file() or any(folder.iterdir())):
        raise SettingError("{out}: {folder} holds something else than a pipeline", {"folder": folder})
    chain = source if isinstance(source, Chain) else chain_of(source)
    plan = plan_pipeline(chain, options)
    modules = [placed.module for placed in plan.placed]
    texts = {f"{module.name}.v": module.text for module in modules} | {f"{plan.top}.v": top_text(plan)}
    files = tuple(texts)
    texts[FILELIST] = "".join(f"{name}\n" for name in files)
    if package is not None:
        relative = os.path.relpath(Path(package).resolve(), folder.resolve())
        texts[DESCRIPTION] = description_text(plan, FILELIST, relative)
    with staging_folder(folder) as staging:
        for name, text in texts.items():
            (staging / name).write_text(text)
        swap_in(staging, folder)
    described = folder / DESCRIPTION if package is not None else None
    return Pipeline(folder=folder, plan=plan, files=files, description=described)
