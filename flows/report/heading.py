"""The head of the page: what the flow is about, whether its finalists are verified, and what its numbers are over."""

from __future__ import annotations

from t2c.flows.metamodel import Metamodel
from t2c.flows.outcome import VERIFIED
from t2c.flows.report.decided import decided
from t2c.flows.report.markup import Markup, element, joined
from t2c.flows.report.quantities import seconds, worded
from t2c.flows.report.reading import ShownFlow
from t2c.flows.report.splits import split_mark


def heading(flow: ShownFlow) -> Markup:
    """Title, subject, verdicts, splits."""
    subject = [(worded(name), str(value)) for name, value in flow.subject.items()]
    said = [*subject, ("flow file", flow.yaml), ("time of all tasks", seconds(flow.seconds))]
    facts = [element("span", f"{name} ", element("b", value), class_="metric") for name, value in said]
    verdicts = [_verdict(flow, index) for index in range(len(flow.finalists))]
    return joined([element("h1", f"Flow {flow.name}"), element("p", *facts), *verdicts, *_splits(flow)])


def verdict_of(finalist: Metamodel) -> tuple[str, str]:
    """Whether a finalist is verified, in words, and the class of their colour."""
    metric = finalist.latest().get(VERIFIED)
    if metric is None:
        return "not compared", "open"
    return ("verified", "yes") if metric.value == 1 else ("NOT EQUAL", "no")


def _verdict(flow: ShownFlow, index: int) -> Markup:
    finalist = flow.finalists[index]
    words, colour = verdict_of(finalist)
    name = f"variant {index + 1}: " if len(flow.finalists) > 1 else ""
    steps = [step for step in finalist.history if any(metric.name == VERIFIED for metric in step.metrics)]
    why = "no task of this flow compares its hardware with golden"
    if steps:
        why = f"{steps[-1].task}: {decided(steps[-1])}"
    badge = element("span", f"{name}{words}", class_=f"verdict {colour}")
    return element("p", badge, element("span", why, class_="faint"))


def _splits(flow: ShownFlow) -> list[Markup]:
    metrics = [metric for finalist in flow.finalists for metric in finalist.metrics]
    looking = sorted({metric.task for metric in metrics if metric.split == "test"})
    searched = [
        "Tasks choose by numbers of the ",
        split_mark("validation"),
        " split, which is held out of the training data. ",
    ]
    if looking:
        test = ["The ", split_mark("test"), f" split is looked at once, after all choices, by {', '.join(looking)}. "]
    else:
        test = ["No task looks at the ", split_mark("test"), " split. "]
    return [element("p", *searched, *test, "A number without a mark comes from no data.", class_="faint")]
