"""The float networks that rows begin from: trained once with each seed, kept as checkpoints."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import nn

from benchmarks.results.networks import NETWORKS
from benchmarks.results.rows import Pruning
from t2c.accuracy import accuracy, logits_of
from t2c.data.glyphs import load
from t2c.data.split import Splits
from t2c.trainers import TRAINER

Figures = dict[str, Any]


@cache
def glyphs() -> Splits:
    """The data, drawn once a process."""
    return load()


def trained(network: str, pruning: Pruning | None, seed: int, checkpoint: Path) -> nn.Module:
    """The float model of a network, trained once; its checkpoint serves every row."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = NETWORKS[network].make().to(memory_format=torch.channels_last)
    options: dict[str, Any] = dict(NETWORKS[network].training)
    if pruning is not None:
        options |= {"pruner": pruning.pruner, "sparsity": pruning.sparsity}
    return TRAINER["supervised"](model, glyphs(), seed=seed, checkpoint=checkpoint, **options).fit()


def measure_float(network: str, pruning: Pruning | None, seed: int, checkpoint: Path) -> Figures:
    """Train a network; return its accuracy on the test images and the seconds it took."""
    torch.set_num_threads(1)
    start = time.process_time()
    test = glyphs().test
    model = trained(network, pruning, seed, checkpoint)
    return {"float": accuracy(logits_of(model, test.images), test.labels), "seconds": time.process_time() - start}
