"""What a task's search tried, as a curve; a task that has none here is shown by the table of its trials."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from t2c.flows.metamodel import Step
from t2c.flows.report.axes import axis
from t2c.flows.report.bits_map import bits_map
from t2c.flows.report.chart import BLUE, COLOURS, GREY, RED, Chart
from t2c.flows.report.markup import Markup
from t2c.flows.report.pareto import default_pair, pareto_svg, score_svg
from t2c.flows.report.quantities import measured, on_axis, plain, titled
from t2c.flows.report.taken import chosen_trials

ACCURACY = "accuracy"
_ERRORS = "_error"


def curves(step: Step, parameters: Mapping[str, Any]) -> list[Markup]:
    """The curves of a step; none if it has no trials, or trials of which nothing is known.

    Args:
        step: of the history; parameters: of its task.
    """
    drawn = _CURVES.get(step.kind)
    if not step.trials or drawn is None:
        return []
    try:
        return drawn(step, parameters)
    except (
        KeyError,
        TypeError,
        ValueError,
    ):  # a plug-in's task of the same name notes something else
        return []


def _against(name: str) -> Callable[[Step, Mapping[str, Any]], list[Markup]]:
    """Accuracy against what is searched."""

    def drawn(step: Step, parameters: Mapping[str, Any]) -> list[Markup]:
        spots = [(float(trial[name]), on_axis(ACCURACY, trial[ACCURACY])) for trial in step.trials]
        floor = step.decision.get("floor")
        heights = [y for _, y in spots] + ([on_axis(ACCURACY, floor)] if floor is not None else [])
        taken, fails = step.decision.get(name), step.decision.get("fails_at")
        ends = [float(end) for end in (taken, fails) if end is not None]
        chart = Chart(
            f"accuracy against {name}",
            axis(name, [x for x, _ in spots] + ends),
            axis(titled(ACCURACY), heights),
        )
        if taken is not None and fails is not None and taken < fails:
            chart.band(taken, fails, f"fits at {plain(name, taken)}, not at {plain(name, fails)}")
        chart.line(sorted(spots), GREY)
        _points(chart, step, spots, lambda trial: f"{name} {plain(name, trial[name])}")
        if taken is not None and fails is not None and taken < fails:
            chart.key("bracket", BLUE, mark="band")
        return [chart.svg()]

    return drawn


def _points(
    chart: Chart, step: Step, spots: Sequence[tuple[float, float]], said: Callable[[Mapping[str, Any]], str]
) -> None:
    """Trials that fit and those that do not, the floor, and what was chosen."""
    floor = step.decision.get("floor")
    if floor is not None:
        chart.level(on_axis(ACCURACY, floor), f"floor {measured(ACCURACY, floor)}")
    chart.key("fits" if floor is not None else "trial", BLUE)
    missed = False
    for index, (trial, spot) in enumerate(zip(step.trials, spots, strict=True)):
        fits = floor is None or trial[ACCURACY] >= floor
        missed |= not fits
        text = f"trial {index + 1}\n{said(trial)}\naccuracy {measured(ACCURACY, trial[ACCURACY])}"
        chart.spot(spot, BLUE if fits else GREY, text, sort="fits" if fits else "misses", full=fits)
    if missed:
        chart.key("does not", GREY, mark="hollow")
    if floor is not None:
        chart.key("floor", RED, mark="level")
    if found := chosen_trials(step):
        chart.key("taken", RED, mark="ring")
        chart.chosen(spots[found[-1]])


def _quantize(step: Step, parameters: Mapping[str, Any]) -> list[Markup]:
    """Accuracy over the trials in their order, and the bits that were taken."""
    spots = [(index + 1.0, on_axis(ACCURACY, trial[ACCURACY])) for index, trial in enumerate(step.trials)]
    floor = step.decision.get("floor")
    heights = [y for _, y in spots] + ([on_axis(ACCURACY, floor)] if floor is not None else [])
    chart = Chart(
        "accuracy of each trial",
        axis("trial", [0.0, float(len(spots))], whole=True),
        axis(titled(ACCURACY), heights),
    )
    _points(chart, step, spots, _bits_said)
    return [chart.svg(), bits_map(step.decision)]


def _bits_said(trial: Mapping[str, Any]) -> str:
    own = trial.get("layer_bits") or {}
    said = [f"{trial['weight_bits']} bits weights, {trial['activation_bits']} bits results"]
    return "\n".join(said + [f"{name}: {plain(name, bits)}" for name, bits in own.items()])


def _fit(step: Step, parameters: Mapping[str, Any]) -> list[Markup]:
    """The error of each variant, estimated without itself, by column."""
    columns = [name for name in step.trials[0] if name.endswith(_ERRORS)]
    chart = Chart(
        "error of the estimate, each variant left out",
        axis("variant", [0.0, float(len(step.trials))], whole=True),
        axis("error in %", [0.0] + [on_axis(name, trial[name]) for trial in step.trials for name in columns]),
    )
    for number, name in enumerate(columns):
        colour = COLOURS[number % len(COLOURS)]
        chart.key(name.removesuffix(_ERRORS), colour)
        for index, trial in enumerate(step.trials):
            said = "\n".join(f"{key.replace('_', ' ')} {plain(key, value)}" for key, value in trial.items())
            chart.spot((index + 1.0, on_axis(name, trial[name])), colour, f"variant {index + 1}\n{said}", sort=name)
    return [chart.svg()] if columns else []


def _search(step: Step, parameters: Mapping[str, Any]) -> list[Markup]:
    """The front over each other objective, or the score."""
    chosen = step.decision.get("trial")
    senses = parameters.get("objectives")
    if not senses:
        return [score_svg(step.trials, chosen=chosen, title="score of each trial")]
    _, up = default_pair(senses)
    return [
        pareto_svg(step.trials, senses, chosen=chosen, pair=(name, up), title="Pareto front")
        for name in senses
        if name != up
    ]


_CURVES: Mapping[str, Callable[[Step, Mapping[str, Any]], list[Markup]]] = {
    "PRUNE": _against("sparsity"),
    "SCALE": _against("width"),
    "MIX": _against("share"),
    "QUANTIZE": _quantize,
    "FIT": _fit,
    "SEARCH": _search,
}
