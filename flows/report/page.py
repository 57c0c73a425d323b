"""The page of a flow, put together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from t2c.flows.report.curves import curves
from t2c.flows.report.finalists_table import finalists_table
from t2c.flows.report.graph_svg import graph_svg
from t2c.flows.report.heading import heading
from t2c.flows.report.links import links
from t2c.flows.report.markup import Markup, element
from t2c.flows.report.reading import ShownFlow, read_result
from t2c.flows.report.steps_table import steps_table
from t2c.flows.report.style import STYLE
from t2c.flows.report.taken import TakenStep, chosen_trials, taken_steps
from t2c.flows.report.trial_table import trial_table


def report_page(result: Mapping[str, Any]) -> str:
    """The page of a result as HTML: one file without scripts, and nothing in it comes from elsewhere.

    Args:
        result: what result.json has; the page belongs beside it, since its links are relative.

    Raises:
        KeyError, TypeError, ValueError: it is no result of a flow.
    """
    flow = read_result(result)
    taken = taken_steps(flow.finalists)
    body = element(
        "main",
        heading(flow),
        *_card(
            "Finalists" if len(flow.finalists) > 1 else "Result",
            element("div", finalists_table(flow), links(flow), class_="pair"),
        ),
        *_card("Graph", graph_svg(flow.graph)),
        *_card("What each task did", steps_table(flow, taken)),
        *_searches(flow, taken),
    )
    head = element(
        "head",
        Markup('<meta charset="utf-8">'),
        Markup('<meta name="viewport" content="width=device-width">'),
        element("title", f"Flow {flow.name}"),
        element("style", Markup(STYLE)),
    )
    return f"<!DOCTYPE html>\n{element('html', head, element('body', body), lang='en')}\n"


def _card(title: str, inside: Markup) -> tuple[Markup, Markup]:
    return element("h2", title), element("section", inside, class_="card")


def _searches(flow: ShownFlow, taken: Sequence[TakenStep]) -> Iterator[Markup]:
    parameters = {task.name: task.parameters for task in (*flow.graph.all_tasks(), *flow.graph.tasks)}
    tried = [one for one in taken if one.step.trials]
    if not tried:
        return
    parts: list[Markup] = []
    for one in tried:
        turn = f" ({one.turn + 1})" if one.turn else ""
        whose = ", ".join(str(index + 1) for index in one.finalists)
        variants = f", variant {whose}" if len(one.finalists) < len(flow.finalists) else ""
        title = element("h3", f"{one.step.task}{turn}: {one.step.kind}{variants}")
        drawn = curves(one.step, parameters.get(one.step.task, {}))
        table = element("div", trial_table(one.step.trials, chosen_trials(one.step)))
        summary = element("summary", f"all {len(one.step.trials)} trials")
        details = element("details", summary, table, open=None if drawn else "open")
        parts.append(element("div", title, *drawn, details))
    yield from _card("What was tried", element("div", *parts, class_="tried"))
