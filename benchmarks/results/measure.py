"""Make one row with one seed: train, quantise, convert, compare torch with golden, and measure."""

from __future__ import annotations

import time
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from benchmarks.results.floats import Figures, glyphs, trained
from benchmarks.results.rows import FORMATS, Row
from t2c.accuracy import accuracy, logits_of
from t2c.network import QNetwork
from t2c.nn2chip import T2C
from t2c.trainers import TRAINER

COMPARED = 100
"""Test images on which every tensor of torch and golden is compared, where it is not all of them."""


def quantised(row: Row, seed: int, model: nn.Module) -> QNetwork:
    """The fake-quantised network of a row."""
    data = glyphs()
    options: dict[str, Any] = {
        "method": row.method,
        "weight_bits": row.weight_bits,
        "activation_bits": row.activation_bits,
        "seed": seed,
    }
    if row.pruning is not None:
        options["pruner"] = "keep"
    tuning = row.tuning
    if tuning is not None:
        options |= {"epochs": tuning.epochs, "rate": tuning.rate}
        if tuning.distill:
            options["distill"] = tuning.distill
        data = replace(data, train=data.train.head(tuning.images))
    trainer = TRAINER["ptq" if tuning is None else tuning.trainer](model, data, **options)
    qnet = trainer.fit()
    assert isinstance(qnet, QNetwork)
    return qnet


def measure(row: Row, seed: int, checkpoint: Path) -> Figures:
    """Return the figures of a row.

    Returns:
        float: accuracy of the network that it began from; fake: of this one; zeros: share of the pruned layers'
        weights that are 0; seconds: of the processor; for each format of MulQuant, in `formats`: integer, its accuracy;
        scale_error; integers, how many torch and golden were compared on; images, on so many.

    Raises:
        ExportError: torch and golden differ in one integer of one test image.
    """
    torch.set_num_threads(1)
    start = time.process_time()
    test = glyphs().test
    model = trained(row.network, row.pruning, seed, checkpoint)
    qnet = quantised(row, seed, model)
    formats, fake = {}, 0.0
    for name in row.formats:
        some = test if seed == 0 and not formats else test.head(COMPARED)
        chip = T2C(qnet, name=row.name, choose=FORMATS[name])
        with warnings.catch_warnings():  # of constants that are coarse: that is what the row shows
            warnings.simplefilter("ignore", UserWarning)
            rest = None if some is test else (test.images, test.labels)
            chip.nn2chip(some.images, some.labels, save_model=False, test=rest)
        fake = chip.metrics["accuracy_fake_quantised"]
        formats[name] = {
            "integer": chip.metrics["accuracy_integer"],
            "scale_error": chip.metrics["max_scale_error"],
            "integers": chip.agreement.integers,
            "images": len(some),
        }
    masks = [mask.flatten() for mask in qnet.masks.values()]
    zeros = float((~torch.cat(masks)).double().mean()) if masks else 0.0
    return {
        "float": accuracy(logits_of(model, test.images), test.labels),
        "fake": fake,
        "zeros": zeros,
        "formats": formats,
        "seconds": time.process_time() - start,
    }
