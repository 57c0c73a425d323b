"""What a step decided, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from t2c.flows.metamodel import Step
from t2c.flows.report.quantities import NOTHING, number, plain

_LONGEST = 200
"""Characters; the rest is cut, and in the result."""


def decided(step: Step) -> str:
    """One or two lines."""
    if not step.decision:
        return NOTHING
    said = _WORDS.get(step.kind)
    try:
        text = said(step.decision) if said else plain("", step.decision)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):  # not as ours decides
        text = plain("", step.decision)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _branch(decision: Mapping[str, Any]) -> str:
    return f"{decision['way']}, as its condition is {number(decision['if'])}"


def _loop(decision: Mapping[str, Any]) -> str:
    if decision["way"] == "again":
        return f"again, the {_nth(decision['rounds'] + 1)} time"
    why = "its condition is 0" if not decision["while"] else "that was as often as it may"
    return f"on after {decision['rounds']} rounds, as {why}"


def _nth(count: int) -> str:
    ending = "th" if count % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")
    return f"{count}{ending}"


def _fork(decision: Mapping[str, Any]) -> str:
    return f"way {decision['branch'] + 1} of {decision['of']}, to {decision['to']}"


def _reduce(decision: Mapping[str, Any]) -> str:
    return f"variant {decision['branch'] + 1} of {decision['of']}, with {number(decision['best'])}"


def _join(decision: Mapping[str, Any]) -> str:
    return f"variant {decision['variant'] + 1} of {decision['of']}; all go on"


def _quantize(decision: Mapping[str, Any]) -> str:
    own = decision["layer_bits"]
    bits = f"{decision['weight_bits']} bits weights, {decision['activation_bits']} bits results"
    shown = ("layer_bits", "weight_bits", "activation_bits")
    rest = {name: value for name, value in decision.items() if name not in shown}
    layers = f" ({len(own)} with bits of their own)" if own else ""
    return f"{bits}{layers}{', ' + plain('', rest) if rest else ''}"


def _search(decision: Mapping[str, Any]) -> str:
    settings = ", ".join(
        f"{name} = {plain(name.rpartition('.')[2], value)}" for name, value in decision["settings"].items()
    )
    front = f", one of {len(decision['front'])} on the front" if len(decision["objectives"]) > 1 else ""
    return f"trial {decision['trial'] + 1}{front}: {settings}; {plain('', decision['objectives'])}"


def _verify(decision: Mapping[str, Any]) -> str:
    equal = [
        f"{what} {'equal' if decision['passed'][what] else 'NOT EQUAL'}, {number(count)} values compared"
        for what, count in decision["compared"].items()
    ]
    torch = f"golden equals torch in {number(decision['golden_equals_torch'])} integers"
    images = f"of {number(decision['images'])} images in {decision['sim']}"
    return f"{torch} of {number(decision['test_images'])} test images; {'; '.join(equal)}, {images}"


_WORDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "BRANCH": _branch,
    "LOOP": _loop,
    "FORK": _fork,
    "REDUCE": _reduce,
    "JOIN": _join,
    "QUANTIZE": _quantize,
    "SEARCH": _search,
    "VERIFY": _verify,
}
