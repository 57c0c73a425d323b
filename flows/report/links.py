"""Links from the page to what the finalists consist of, all in the folder of the flow."""

from __future__ import annotations

from collections.abc import Iterator

from t2c.flows.metamodel import Metamodel
from t2c.flows.report.markup import Markup, element, link
from t2c.flows.report.quantities import worded
from t2c.flows.report.reading import ShownFlow, verification_logs

_WORDS = {
    "package": "integer package",
    "pipeline": "Verilog of the pipeline",
    "core": "hardware of the core",
    "verified": "folder of the verification",
    "weights": "float weights",
    "quantised": "quantised network",
}


def links(flow: ShownFlow) -> Markup:
    """A list for each finalist."""
    parts = [element("h3", "Files")] if len(flow.finalists) == 1 else []
    for index, finalist in enumerate(flow.finalists):
        if len(flow.finalists) > 1:
            parts.append(element("h3", f"Files of variant {index + 1}"))
        parts.append(element("ul", *_links(finalist)))
    return element("div", *parts, class_="links")


def _links(finalist: Metamodel) -> Iterator[Markup]:
    for thing, path in finalist.files.items():
        yield element("li", link(_WORDS.get(thing, worded(thing)), path))
    for what, path in verification_logs(finalist).items():
        yield element("li", link(f"log of the comparison of {what}", path))
