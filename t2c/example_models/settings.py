"""What all example packages are made under, seeds, threads, shortened schedules, and how they are written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch

from t2c.data.split import Split
from t2c.network import QNetwork
from t2c.nn2chip import T2C
from t2c.trainers import Schedule

Metrics = dict[str, float]


@contextmanager
def repeatable(seed: int = 0) -> Iterator[None]:
    """One thread, deterministic kernels, a seed: the same machine gives the same bytes. Restores the settings."""
    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with torch.random.fork_rng(devices=[]):
        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(True)
        torch.manual_seed(seed)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(strict)


def written(qnet: QNetwork, samples: Split, directory: Path, description: str, **metrics: float) -> Metrics:
    """Convert a network, write its package, called as its directory, with all samples, and return all its metrics."""
    chip = T2C(qnet, name=directory.name)
    chip.nn2chip(samples.images, samples.labels, directory=directory, description=description, metrics=metrics)
    return dict(chip.metrics)


def shortened(schedule: Schedule, epochs: int | None) -> Schedule:
    """The schedule with another number of epochs, or as it is if None."""
    return schedule if epochs is None else replace(schedule, epochs=epochs)
