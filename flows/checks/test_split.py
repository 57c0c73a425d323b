"""The test split is looked at once, by the last task: after it comes a STOP, and no choice is left to be made."""

from __future__ import annotations

from t2c.flows.control_task import Ending
from t2c.flows.errors import placed
from t2c.flows.graph import Flow
from t2c.flows.task import Task


def check_test_split(flow: Flow, inside: str = "") -> None:
    """Check every task and the body of every search.

    Args:
        flow: its shape is checked already; inside: the search whose body it is.

    Raises:
        FlowError: a task that looks at the test split is not the last one, or repeated.
    """
    for name, node in flow.nodes.items():
        task = node.task
        if isinstance(body := getattr(task, "body", None), Flow):
            check_test_split(body, name)
        if not isinstance(task, Task):
            continue
        measured = [metric for metric, split in task.metrics.items() if split == "test"]
        if measured and not task.looks_at_test:
            text = f"it measures {measured[0]} on the test split, and its class does not say looks_at_test"
            raise placed(flow.path, node.line, name, text)
        if not task.looks_at_test:
            continue
        if inside:
            text = f"it looks at the test split inside the search {inside}: a search uses the validation split"
            raise placed(flow.path, node.line, name, text)
        for after in flow.after(name):
            if not isinstance(flow.nodes[after].task, Ending):
                text = f"it looks at the test split, and {after} (line {flow.nodes[after].line}) comes after it: "
                raise placed(flow.path, node.line, name, f"{text}that is for the last task")
