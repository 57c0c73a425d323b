"""The table of steps: what each task decided, what it measured and on which split, and how long it took."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from t2c.flows.report.decided import decided
from t2c.flows.report.markup import Markup, element
from t2c.flows.report.quantities import seconds
from t2c.flows.report.reading import ShownFlow
from t2c.flows.report.splits import metric_shown
from t2c.flows.report.taken import TakenStep


def steps_table(flow: ShownFlow, taken: Sequence[TakenStep]) -> Markup:
    """A row a step of a finalist, where what finalists have in common is one row; then the tasks of no finalist."""
    several = len(flow.finalists) > 1
    headings = ["task", "kind", *(["variants"] if several else []), "decided", "measured", "time"]
    rows = [*_rows(flow, taken, several), *_others(flow, {one.step.task for one in taken}, several)]
    return element(
        "table",
        element("thead", element("tr", *(element("th", heading) for heading in headings))),
        element("tbody", *rows),
        class_="steps",
    )


def _rows(flow: ShownFlow, taken: Sequence[TakenStep], several: bool) -> Iterator[Markup]:
    timed: set[str] = set()
    for index, one in enumerate(taken):
        step = one.step
        name = f"{step.task} ({one.turn + 1})" if one.turn else step.task
        if search := _around(flow, taken[index:]):
            time = [element("span", f"in {search}", class_="faint")]
        elif step.task in timed:
            time = [element("span", "above", class_="faint")]
        else:
            time = _time(flow, step.task)
            timed |= {step.task} if time else set()
        yield element(
            "tr",
            element("td", name, class_="name"),
            element("td", step.kind),
            *([element("td", _variants(one, len(flow.finalists)))] if several else []),
            element("td", decided(step)),
            element("td", *map(metric_shown, step.metrics)),
            element("td", *time, class_="time"),
            class_="parts" if index and one.finalists != taken[index - 1].finalists else None,
            data_task=step.task,
        )


def _others(flow: ShownFlow, shown: Collection[str], several: bool) -> Iterator[Markup]:
    """Tasks of the graph through which no finalist came."""
    for task in flow.graph.tasks:
        if task.name in shown or task.kind == "STOP":
            continue
        why = "ran for a variant that did not go on" if task.name in flow.spent else "no finalist came here"
        yield element(
            "tr",
            element("td", task.name, class_="name"),
            element("td", task.kind),
            *([element("td", "none")] if several else []),
            element("td", why, class_="faint"),
            element("td"),
            element("td", *_time(flow, task.name), class_="time"),
            data_task=task.name,
        )


def _variants(one: TakenStep, count: int) -> str:
    return "all" if len(one.finalists) == count else ", ".join(str(index + 1) for index in one.finalists)


def _around(flow: ShownFlow, rest: Sequence[TakenStep]) -> str:
    """The search in whose body the first of some steps was taken, which is the next that has such a task; or ""."""
    name = rest[0].step.task
    tasks = {task.name: task for task in flow.graph.tasks}
    if name in tasks:
        return ""
    for one in rest:
        search = tasks.get(one.step.task)
        if search and search.body and name in {task.name for task in search.body.all_tasks()}:
            return search.name
    return ""


def _time(flow: ShownFlow, task: str) -> list[Markup]:
    """Of all runs of a task."""
    spent = flow.spent.get(task)
    if spent is None:
        return []
    parts = [element("div", seconds(spent.seconds))]
    if spent.runs > 1:
        parts.append(element("div", f"in {spent.runs} runs", class_="faint"))
    if spent.trials:
        trials = f"{spent.trials} trials" if spent.trials > 1 else "1 trial"
        parts.append(element("div", f"{trials}: {seconds(spent.trial_seconds)}", class_="faint"))
    return parts
