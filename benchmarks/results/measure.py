"""Make one row: quantise a trained model, convert it, compare torch with golden on every test image, and measure."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from benchmarks.results.rows import FORMATS, NETWORKS, SEED, Row
from t2c.accuracy import accuracy, logits_of
from t2c.data.glyphs import load
from t2c.data.split import Splits
from t2c.methods import METHODS
from t2c.nn2chip import T2C
from t2c.trainers import TRAINER

Figures = dict[str, Any]


def trained(network: str, data: Splits, folder: Path) -> nn.Module:
    """The float model of a network, trained once; its checkpoint in `folder` serves every row."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        model = NETWORKS[network].make().to(memory_format=torch.channels_last)
    options = NETWORKS[network].training
    trainer = TRAINER["supervised"](model, data, seed=SEED, checkpoint=folder / f"{network}.pt", **options)
    return trainer.fit()


def measure_float(network: str, folder: Path) -> Figures:
    """Train a network; return its accuracy on the test images and the seconds it took."""
    torch.set_num_threads(1)
    start = time.monotonic()
    data = load()
    model = trained(network, data, folder)
    return {
        "accuracy": accuracy(logits_of(model, data.test.images), data.test.labels),
        "seconds": time.monotonic() - start,
    }


def measure(row: Row, folder: Path) -> Figures:
    """Return the figures of a row: accuracies, integers compared, scale error, seconds.

    Raises:
        ExportError: torch and golden differ in one integer of one test image.
    """
    torch.set_num_threads(1)
    start = time.monotonic()
    data, network, method = load(), NETWORKS[row.network], METHODS[row.method]
    model = trained(row.network, data, folder)
    options: dict[str, Any] = {
        "method": row.method,
        "weight_bits": row.weight_bits,
        "activation_bits": row.activation_bits,
        "seed": SEED,
    }
    if method.training in ("qat", "profit"):
        tuning = network.tuning[row.weight_bits]
        few = replace(data, train=data.train.head(tuning.images))
        trainer = TRAINER[method.training](model, few, **options, epochs=tuning.epochs, rate=tuning.rate)
    else:
        trainer = TRAINER["ptq"](model, data, **options)
    qnet = trainer.fit()
    tuned = time.monotonic()
    chip = T2C(qnet, name=row.name, choose=FORMATS[row.format])
    test = data.test
    chip.nn2chip(test.images, test.labels, save_model=False)
    return {
        "fake": chip.metrics["accuracy_fake_quantised"],
        "integer": chip.metrics["accuracy_integer"],
        "scale_error": chip.metrics["max_scale_error"],
        "integers": chip.agreement.integers,
        "images": len(test),
        "seconds": time.monotonic() - start,
        "seconds_training": tuned - start,
    }
