"""Table 4 and its plot: what pre-training without labels gains where there are few of them."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.results.pictures import gathered
from benchmarks.results.plots import Point, bars
from benchmarks.results.seeds import BySeed, Figures, mean_and_spread, missing, percent, spread
from benchmarks.results.table import compared
from benchmarks.results.transfer import EPOCHS, SETTINGS, TASKS, TRANSFER, UNLABELLED, Start
from t2c.common.text_table import markdown_head, markdown_row

TITLE = "## Table 4: self-supervised pre-training and transfer"
TITLES = (
    *("pre-training", "model", "task", "labels a class", "W / A", "MulQuant", "float, %", "fake, %", "integer, %"),
    *("drop, points", "gain, points", "golden = torch"),
)
NAMES = {"scratch": "none", "barlow": "Barlow Twins", "xd": "XD"}

TransferFigures = Mapping[Start, Figures | None]


def cells_of(figures: TransferFigures, loss: str, task: str) -> BySeed:
    """The figures of one line by seed."""
    found = {start.seed: figures.get(start) for start in SETTINGS if start.loss == loss}
    return {seed: None if each is None else each[task] for seed, each in found.items()}


def table(figures: TransferFigures) -> str:
    """The section of the page."""
    lines = [
        TITLE,
        "",
        f"A CNN of four convolutions (`benchmarks/results/transfer.py`), pre-trained on {UNLABELLED} glyphs whose",
        "labels nobody looks at, then trained on few labels of another task; against the same network trained on those",
        "labels from scratch, for as many epochs, with the learning rate that suits it. Runes are ten shapes that are",
        "no digits, drawn as the glyphs are; digits are those of scikit-learn, resized to 32 x 32. Gain: integer",
        "accuracy over that without pre-training, seed by seed.",
        "",
        *markdown_head(TITLES),
    ]
    for task, title in TASKS.items():
        for labels in EPOCHS:
            base = cells_of(figures, "scratch", f"{task}-{labels}")
            for loss in TRANSFER:
                found = cells_of(figures, loss, f"{task}-{labels}")
                first = [NAMES.get(loss, loss), "CNN-4", title, labels, "8 / 8", "normalized"]
                lines.append(markdown_row([*first, *_last(found, base, loss != "scratch")]))
    return "\n".join(lines) + "\n"


def _last(found: BySeed, base: BySeed, gains: bool) -> list[str]:
    gap = missing(found)
    if gap:
        return [gap, *[""] * 5]
    made = {seed: each for seed, each in found.items() if each is not None}
    rest = {seed: each for seed, each in base.items() if each is not None}
    drops = [100 * (each["float"] - each["integer"]) for each in made.values()]
    gain = ""
    if gains and not missing(base):
        gain = spread([100 * (each["integer"] - rest[seed]["integer"]) for seed, each in made.items()], "{:+.1f}")
    return [
        *(percent([each[kind] for each in made.values()]) for kind in ("float", "fake", "integer")),
        spread(drops, "{:+.1f}"),
        gain,
        compared([(each["integers"], each["images"]) for each in made.values()]),
    ]


def picture(figures: TransferFigures) -> str:
    """A group of bars a task, a bar for each pre-training."""
    points = []
    for task, title in TASKS.items():
        for labels in EPOCHS:
            for loss in TRANSFER:
                found = cells_of(figures, loss, f"{task}-{labels}")
                made = [100 * each["integer"] for each in found.values() if each is not None]
                at = f"{title}, {labels}"
                there = None if missing(found) else Point(at, *mean_and_spread(made))
                points.append((NAMES.get(loss, loss), there))
    labels_of = [f"{title}, {labels}" for title in TASKS.values() for labels in EPOCHS]
    title = "Transfer, by pre-training"
    return bars(title, "task, labels a class", "integer accuracy, %", gathered(points), labels_of)
