"""From what the trials left to the integer package."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from t2c.data.split import Split
from t2c.flows.bench import Bench
from t2c.flows.errors import FlowError
from t2c.flows.metamodel import Metamodel
from t2c.flows.training import TUNED, WEIGHTS, float_model, quantised
from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.errors import RangeError
from t2c.golden.graph.codec import node_to_json
from t2c.golden.graph.package import load_package
from t2c.mulquant_constants import Chooser, normalized, power_of_two
from t2c.network import QNetwork
from t2c.nn2chip import T2C

MOST_BITS = 16
"""Of a multiplier of MulQuant, unless more are asked for."""


@contextmanager
def coarse_constants() -> Iterator[None]:
    """Inside, the conversion does not warn of constants that are as coarse as they were asked to be."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


def network_of(given: Metamodel, bench: Bench) -> QNetwork:
    """The quantised network that was taken, from the files of its trial."""
    trial = bench.path(given, "quantised")
    model = float_model(given.subject, given.design, trial / WEIGHTS)
    with tempfile.TemporaryDirectory() as scratch:
        state = Path(scratch) / TUNED  # a copy: what lies in the store is never written again
        if (trial / TUNED).is_file():
            shutil.copy(trial / TUNED, state)
        return quantised(given.subject, given.design, model, state)


def chip_of(qnet: QNetwork, name: str, scale_bits: int, choose: Chooser = normalized) -> T2C:
    """The conversion of a network with multipliers of MulQuant of so few bits, or as few more as its scales need.

    A layer of few bits in front of a tensor of many has scales above 1, which no shift makes smaller.

    Raises:
        RangeError: 16 bits are not enough.
    """
    for bits in range(scale_bits, MOST_BITS + 1):
        chip = T2C(qnet, name=name, choose=choose, widths=Widths(scale=bits))
        try:
            with coarse_constants():
                chip.convert()
        except RangeError:
            if bits == MOST_BITS:
                raise
            continue
        return chip
    return T2C(qnet, name=name, choose=choose, widths=Widths(scale=scale_bits))


def write_package(given: Metamodel, bench: Bench, folder: Path, samples: Split, counted: Split) -> dict[str, float]:
    """Convert, prove and write; return the package's figures.

    Args:
        given: with weights and a quantised network; bench: of the task.
        folder: for the package.
        samples: that it holds, on which torch and golden are compared; counted: over which its accuracy is.

    Raises:
        ExportError: torch and golden differ.
    """
    design = given.design
    choose = power_of_two if design.get("power_of_two") else normalized
    chip = chip_of(network_of(given, bench), folder.name, design.get("scale_bits", MOST_BITS), choose)
    with coarse_constants():  # the accuracy shows what they cost
        test = None if samples is counted else (counted.images, counted.labels)
        chip.nn2chip(samples.images, samples.labels, directory=folder, test=test)
    used = {"integers": float(chip.agreement.integers), "scale_bits": float(chip.recipe.widths.scale)}
    return {**chip.metrics, **used}


def demand_same(chosen: Path, written: Path) -> None:
    """Refuse a package whose network is not that of another one, constant by constant; samples may differ.

    Raises:
        FlowError: the message names the first layer that differs.
    """
    graphs = [load_package(path).graph for path in (chosen, written)]
    if graphs[0].edges != graphs[1].edges or len(graphs[0].nodes) != len(graphs[1].nodes):
        raise FlowError("its tensors are not those of the package that was chosen")
    for pair in zip(graphs[0].nodes, graphs[1].nodes, strict=True):
        tensors: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
        said = [node_to_json(node, held) for node, held in zip(pair, tensors, strict=True)]
        same = said[0] == said[1] and tensors[0].keys() == tensors[1].keys()
        if not same or any(not np.array_equal(values, tensors[1][name]) for name, values in tensors[0].items()):
            raise FlowError(f"layer {pair[0].name} is not that of the package that was chosen")
