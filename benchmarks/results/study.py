"""How the defaults of reconstruction are chosen: on the calibration split, which no trainer learns from."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F

from benchmarks.results.floats import Figures, glyphs, trained
from t2c.accuracy import accuracy, logits_of
from t2c.trainers.ptq import PTQ

NETWORK, SEED = "resnet20", 0


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One setting. bits: of weights and activations; the others as `Reconstruction`."""

    method: str
    bits: int
    iterations: int
    rate: float = 2e-2
    step_rate: float = 1e-3

    @property
    def name(self) -> str:
        """Unique, fit for a file."""
        return f"study-{self.method}-{self.bits}-{self.iterations}-{self.rate:g}-{self.step_rate:g}"


RATES = (
    *(Trial(method="adaround", bits=4, iterations=125, rate=rate) for rate in (1e-2, 2e-2, 5e-2)),
    *(Trial(method="qdrop", bits=2, iterations=125, rate=rate) for rate in (1e-2, 2e-2, 5e-2)),
    *(Trial(method="qdrop", bits=2, iterations=125, step_rate=rate) for rate in (3e-4, 3e-3)),
)
"""Which rates."""

LENGTHS = tuple(
    Trial(method=method, bits=bits, iterations=iterations)
    for iterations in (125, 500, 2000)
    for method in ("adaround", "qdrop")
    for bits in (4, 2)
)
"""How many iterations."""

TRIALS = tuple(dict.fromkeys(RATES + LENGTHS))


def measure_trial(trial: Trial, checkpoint: Path) -> Figures:
    """Reconstruct; return accuracy and cross-entropy on the calibration split, fake-quantised, and seconds."""
    torch.set_num_threads(1)
    start = time.process_time()
    model, held_out = trained(NETWORK, None, SEED, checkpoint), glyphs().calibration
    options: dict[str, Any] = asdict(trial)
    bits, method = options.pop("bits"), options.pop("method")
    trainer = PTQ(model, glyphs(), method=method, weight_bits=bits, activation_bits=bits, seed=SEED, **options)
    logits = logits_of(trainer.fit(), held_out.images)
    return {
        "accuracy": accuracy(logits, held_out.labels),
        "loss": float(F.cross_entropy(logits, held_out.labels)),
        "seconds": time.process_time() - start,
    }
