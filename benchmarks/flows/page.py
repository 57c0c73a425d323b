"""The tables and plots of docs/flows.md, out of the results of flows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from t2c.flows.metamodel import Metamodel
from t2c.flows.report.pareto import pareto_svg

Record = Mapping[str, Any]
CHOICES = {
    "TRAIN": lambda said: "",
    "SCALE": lambda said: f"width {said['width']:.3g}",
    "PRUNE": lambda said: f"{said['sparsity']:.0%} pruned ({said['pattern']})",
    "QUANTIZE": lambda said: f"{said['weight_bits']}/{said['activation_bits']} bits{_own(said)}",
    "CALIBRATE": lambda said: f"{said['weight_bits']}/{said['activation_bits']} bits",
    "ARRAY": lambda said: f"array {said['size']}",
}
"""What a task's decision is in words, of those that choose the design."""
COSTS = ("dsp", "lut", "ff", "bram")
FINALISTS = {"accuracy": "max", "lut": "min"}
"""What finalists of one flow are compared by."""


def sections(record: Mapping[str, Record], names: Iterable[str]) -> dict[str, str]:
    """What the page says of each flow: its table and its plots, or that it was never finished."""
    return {
        name: section(name, record[name]) if name in record else "\n**It has not been run yet.**\n" for name in names
    }


def section(name: str, one: Record) -> str:
    """The table of a flow, and its plots."""
    shown = (f"![{title}]({file})\n" for file, (title, _) in plots(name, one).items())
    return "\n".join([tables(one), *shown])


def tables(one: Record) -> str:
    """The table of a flow: a line of the design that nothing was optimised in, if there is one, and one a finalist."""
    result = one["result"]
    finalists = [Metamodel.from_json(each) for each in result["finalists"]]
    head = ("design", "accuracy, validation", "accuracy, test", *(name.upper() for name in COSTS), "cycles an image")
    lines = [head, tuple("---" for _ in head), *_baseline(finalists[0]), *(_line(each) for each in finalists)]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return "\n".join(["", table, "", *_notes(result, finalists), "", f"{one['machine']}.", ""])


def plots(name: str, one: Record) -> dict[str, tuple[str, str]]:
    """Pareto plots of a flow by their file names, each what it shows and an SVG: of every search of several objectives,
    and of the finalists if there are several."""
    found = {}
    tasks = {task["name"]: task for task in one["result"]["flow"]["tasks"]}
    finalists = one["result"]["finalists"]
    for step in finalists[0]["history"]:
        senses = tasks.get(step["task"], {}).get("parameters", {}).get("objectives")
        if step["kind"] == "SEARCH" and senses:
            title = f"{name}: {len(step['trials'])} trials"
            picture = pareto_svg(step["trials"], senses, chosen=step["decision"].get("trial"), title=title)
            found[f"flows_{name}_{step['task']}.svg"] = title, picture
    if len(finalists) > 1:
        title = f"{name}: {len(finalists)} designs"
        picture = pareto_svg([_point(Metamodel.from_json(each)) for each in finalists], FINALISTS, title=title)
        found[f"flows_{name}_finalists.svg"] = title, picture
    return found


def _point(finalist: Metamodel) -> dict[str, Any]:
    latest = finalist.latest()
    return {"objectives": {name: latest[name].value for name in FINALISTS}, "settings": {"design": _design(finalist)}}


def _own(said: Mapping[str, Any]) -> str:
    """Bits of layers that have their own."""
    own = said.get("layer_bits") or {}
    texts = [f"{name} {'/'.join('-' if bits is None else str(bits) for bits in two)}" for name, two in own.items()]
    return f", of layers {', '.join(texts)}" if texts else ""


def _baseline(first: Metamodel) -> Iterator[tuple[str, ...]]:
    latest = first.latest()
    if "unoptimised_dsp" in latest:
        (step,) = (step for step in first.history if step.kind == "FIXED_POINT")
        costs = (f"{step.decision['counts'][name]:,.0f}" for name in COSTS)
        yield ("16 bits, unoptimised", f"{latest['unoptimised_accuracy'].value:.2%}", "", *costs, "1")


def _line(finalist: Metamodel) -> tuple[str, ...]:
    latest = finalist.latest()
    time = latest.get("interval") or latest["cycles"]
    return (
        _design(finalist),
        f"{latest['accuracy'].value:.2%}",
        f"{latest['test_accuracy'].value:.2%}",
        *(_reduced(latest, name) for name in COSTS),
        f"{time.value:,.0f}",
    )


def _design(finalist: Metamodel) -> str:
    """The choices of its tasks, in words."""
    words = [CHOICES[step.kind](step.decision) for step in finalist.history if step.kind in CHOICES]
    return "; ".join(filter(None, words))


def _reduced(latest: Mapping[str, Any], name: str) -> str:
    value, before = latest[name].value, latest.get(f"unoptimised_{name}")
    share = f" ({value / before.value - 1:+.1%})" if before is not None and before.value else ""
    return f"{value:,.0f}{share}"


def _notes(result: Record, finalists: Sequence[Metamodel]) -> Iterator[str]:
    first = finalists[0]
    float_accuracy = first.first("accuracy")
    yield f"* Float, on the validation split: {float_accuracy:.2%}."
    said = [step.decision for each in finalists for step in each.history if step.kind == "VERIFY"]
    compared = {what: sum(one["compared"].get(what, 0) for one in said) for what in ("rtl", "netlist")}
    verified = sum(each.latest()["verified"].value == 1 for each in finalists)
    images, equal = said[0]["test_images"], sum(one["golden_equals_torch"] for one in said)
    whole = "0 wrong" if verified == len(finalists) else "NOT ALL EQUAL"
    netlist = f"netlist = golden on {compared['netlist']:,}" if compared["netlist"] else "the netlist was not run"
    yield (
        f"* Verified: {verified} of {len(finalists)}. golden = torch on {equal:,} integers of all {images:,} test "
        f"images; RTL = golden on {compared['rtl']:,} elements, {netlist}: {whole}."
    )
    for step in first.history:
        errors = {metric.name: metric.value for metric in step.metrics if metric.name.endswith("_fit_error")}
        if errors:
            texts = ", ".join(f"{name.partition('_')[0].upper()} {value:.1%}" for name, value in errors.items())
            yield f"* The estimate against Yosys, {len(step.trials)} designs, each left out once: median error {texts}."
    latest = first.latest()
    if "estimated_lut" in latest and "lut" in latest:
        error = abs(latest["estimated_lut"].value / max(latest["lut"].value, 1) - 1)
        yield f"* The design that was chosen: {latest['estimated_lut'].value:,.0f} LUT estimated, {error:.1%} off."
    seconds = result["seconds"]
    trials = sum(run["trials"] for run in seconds["runs"])
    yield f"* {trials} trials, {seconds['total'] / 60:.0f} minutes."
