"""The study behind the defaults of reconstruction as a section of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.results.seeds import Figures
from benchmarks.results.study import RATES, SEED, TRIALS, Trial
from t2c.common.text_table import markdown_head, markdown_row
from t2c.data.glyphs import CALIBRATION
from t2c.trainers.reconstruction_settings import Reconstruction

TITLE = "## How the defaults of reconstruction were chosen"
TITLES = ("method", "W / A", "iterations", "rate", "step rate", "accuracy, %", "cross-entropy")

Trials = Mapping[Trial, Figures | None]


def best(figures: Trials, trials: Sequence[Trial]) -> Trial | None:
    """The trial with the lowest cross-entropy; None if one has not been made."""
    losses = {trial: found["loss"] for trial in trials if (found := figures.get(trial)) is not None}
    return min(losses, key=lambda trial: losses[trial]) if len(losses) == len(trials) else None


def best_rates(figures: Trials) -> tuple[float | None, float | None]:
    """The rate and QDrop's rate of steps that the study chooses, each for QDrop at 2 bits, where it matters most."""
    rates = [trial for trial in RATES if trial.method == "qdrop" and trial.step_rate == Trial.step_rate]
    steps = [trial for trial in RATES if trial.method == "qdrop" and trial.rate == Trial.rate]
    rate, step = best(figures, rates), best(figures, steps)
    return rate and rate.rate, step and step.step_rate


def section(figures: Trials) -> str:
    """The section of the page."""
    default = Reconstruction()
    lines = [
        TITLE,
        "",
        f"ResNet-20, seed {SEED}, fake-quantised, on the {CALIBRATION} images of the calibration split, from which no",
        "trainer learns; the test images play no part. Of the rates those with the lowest cross-entropy for QDrop at",
        f"2 / 2 are the defaults of `ptq`: {default.rate:g} for the rounding, {default.step_rate:g} for QDrop's steps.",
        f"{default.iterations} iterations are what a minute or so allows; `--iterations` buys what the table shows.",
        "",
        *markdown_head(TITLES),
    ]
    for trial in TRIALS:
        found = figures.get(trial)
        steps = f"{trial.step_rate:g}" if trial.method == "qdrop" else "-"
        last = [f"{100 * found['accuracy']:.1f}", f"{found['loss']:.3f}"] if found else ["not made yet", ""]
        cells = [trial.method, f"{trial.bits} / {trial.bits}", trial.iterations, f"{trial.rate:g}", steps, *last]
        lines.append(markdown_row(cells))
    return "\n".join(lines) + "\n"
