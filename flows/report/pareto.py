"""The Pareto front of a search as a plot, for the page and for a file of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from t2c.flows.front import front
from t2c.flows.report.axes import axis
from t2c.flows.report.chart import BLUE, GREY, ORANGE, RED, Chart, Spot
from t2c.flows.report.markup import Markup
from t2c.flows.report.quantities import measured, on_axis, plain, titled


def pareto_svg(
    trials: Sequence[Mapping[str, Any]],
    senses: Mapping[str, str],
    *,
    chosen: int | None = None,
    pair: tuple[str, str] | None = None,
    title: str = "Pareto front",
) -> Markup:
    """All trials of a search over two of its objectives, the front highlighted; an SVG that can be a file.

    The front is that of all objectives. It is joined where there are two: what lies on the wrong side of the line is
    dominated.

    Args:
        trials: each with `objectives`, by name, and `settings`, which are shown when the mouse rests on its point.
        senses: max or min, by objective.
        chosen: the trial that went on.
        pair: the objectives across and up; by default the first that is to be large is up, and the first other across.
        title: of the plot.
    """
    across, up = pair or default_pair(senses)
    values = [[trial["objectives"][name] for name in senses] for trial in trials]
    best = front(values, list(senses.values()))
    spots: list[Spot] = [
        (on_axis(across, trial["objectives"][across]), on_axis(up, trial["objectives"][up])) for trial in trials
    ]
    chart = Chart(
        title,
        axis(_aimed(across, senses), [x for x, _ in spots]),
        axis(_aimed(up, senses), [y for _, y in spots]),
    )
    chart.key(f"front ({len(best)} of {len(trials)} trials)", ORANGE)
    if len(best) < len(trials):
        chart.key("dominated", GREY)
    if len(senses) == 2:
        corners = sorted({spots[index] for index in best})
        chart.line(corners, ORANGE, steps="across" if senses[across] == "min" else "up")
    for index in sorted(range(len(trials)), key=lambda index: index in best):
        sort, colour = ("front", ORANGE) if index in best else ("dominated", GREY)
        chart.spot(spots[index], colour, trial_text(index, trials[index]), sort=sort)
    if chosen is not None:
        chart.key("goes on", RED, mark="ring")
        chart.chosen(spots[chosen])
    return chart.svg()


def _aimed(name: str, senses: Mapping[str, str]) -> str:
    return f"{titled(name)} ({senses[name]})"


def default_pair(senses: Mapping[str, str]) -> tuple[str, str]:
    """The objectives across and up."""
    up = next((name for name, sense in senses.items() if sense == "max"), next(iter(senses)))
    return next(name for name in senses if name != up), up


def score_svg(trials: Sequence[Mapping[str, Any]], *, chosen: int | None = None, title: str = "Score") -> Markup:
    """The one objective of a search over its trials in their order, with the best so far; the largest is best."""
    (name,) = trials[0]["objectives"]
    scores = [on_axis(name, trial["objectives"][name]) for trial in trials]
    numbers = range(1, len(trials) + 1)
    chart = Chart(title, axis("trial", [0.0, *map(float, numbers)], whole=True), axis(titled(name), scores))
    best = [max(scores[:number]) for number in numbers]
    chart.key("trial", BLUE)
    chart.key("best so far", ORANGE, mark="line")
    chart.line([(float(number), score) for number, score in zip(numbers, best, strict=True)], ORANGE, steps="across")
    for index, score in enumerate(scores):
        chart.spot((index + 1.0, score), BLUE, trial_text(index, trials[index]), sort="trial")
    if chosen is not None:
        chart.key("goes on", RED, mark="ring")
        chart.chosen((chosen + 1.0, scores[chosen]))
    return chart.svg()


def trial_text(index: int, trial: Mapping[str, Any]) -> str:
    """A trial in lines: its number, what was set, what came of it."""
    said = [f"trial {index + 1}"]
    said += [f"{name} = {plain(name.rpartition('.')[2], value)}" for name, value in trial.get("settings", {}).items()]
    said += [f"{name}: {measured(name, value)}" for name, value in trial["objectives"].items()]
    return "\n".join(said)
