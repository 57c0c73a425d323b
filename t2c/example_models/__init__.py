"""The example packages, by name: how each is made, and their figures as a table."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import chain
from pathlib import Path

from t2c.common.errors import SettingError
from t2c.example_models import digits, elements, glyphs, resnets, vit
from t2c.example_models.settings import Metrics

FAMILIES = (digits, elements, glyphs, resnets, vit)
"""Modules with NAMES and a `build`; what the packages of one family share is made once."""

NAMES: tuple[str, ...] = tuple(name for family in FAMILIES for name in family.NAMES)


def build(
    directory: Path, names: Collection[str] = NAMES, *, epochs: int | None = None
) -> Iterator[tuple[str, Metrics]]:
    """Make example packages one after the other; yield the name and the metrics of each as soon as it is written.

    Args:
        directory: the packages become its subdirectories.
        names: which of NAMES.
        epochs: overrides all training schedules, for a quick run.

    Raises:
        SettingError: a name that is not an example, at once; the message lists them all.
    """
    for name in names:
        if name not in NAMES:
            raise SettingError(
                "{models}: no example package {name!r}; there are {names}", {"name": name, "names": ", ".join(NAMES)}
            )
    chosen = ((family, [name for name in family.NAMES if name in names]) for family in FAMILIES)
    return chain.from_iterable(family.build(directory, part, epochs=epochs) for family, part in chosen if part)


HEADER = f"{'package':<17}{'float':>9}{'fake':>9}{'integer':>9}{'step error':>12}{'fake - integer':>18}"


def row(name: str, metrics: Metrics) -> str:
    """Metrics as aligned text under HEADER: accuracies in percent, the rest in output steps, at most and on average."""
    figures = [metrics.get(f"accuracy_{kind}") for kind in ("float", "fake_quantised", "integer")]
    cells = "".join(f"{'-':>9}" if figure is None else f"{figure:>9.2%}" for figure in figures)
    apart = f"{metrics['fake_integer_largest']:.0f}, {metrics['fake_integer_mean']:.4f}"
    return f"{name:<17}{cells}{metrics['max_step_error']:>12.4f}{apart:>18}"
