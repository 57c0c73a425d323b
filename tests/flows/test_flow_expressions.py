"""The small language of conditions and scores: what it computes, and all that it does not let through."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from t2c.flows.errors import FlowError
from t2c.flows.expressions import LONGEST, Expression
from t2c.flows.metamodel import Metamodel, Metric

MEASURED = Metamodel(
    subject={},
    metrics=tuple(
        Metric(name=name, value=value, split="validation", task="t")
        for name, value in (("accuracy", 0.9), ("luts", 100.0), ("accuracy", 0.8))
    ),
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("accuracy", 0.8),
        ("first.accuracy", 0.9),
        ("luts / 2 + 3 * 2 ** 2", 62),
        ("-luts", -100),
        ("accuracy >= first.accuracy - 0.15", 1),
        ("0 < accuracy < 0.8", 0),
        ("luts > 50 and not accuracy > 0.85", 1),
        ("luts > 500 or accuracy == 0.8", 1),
        ("min(luts, 3, 7) + max(1, 2) + abs(-4)", 9),
        ("1e-3 * luts", 0.1),
    ],
)
def test_the_value_of_an_expression(text: str, value: float) -> None:
    assert Expression(text).value(MEASURED) == pytest.approx(value, rel=1e-15)


def test_the_metrics_of_an_expression() -> None:
    assert Expression("min(a, first.b) > 3 and not c").names == {"a", "b", "c"}


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "a b",
            "a >",
            "(a",
            "lambda: 1",
            "a if b else c",
            "[a]",
            "'a'",
            "a.b",
            "first",
            "first.a.b",
            "a()",
            "True",
        ),
        *(
            "exit(1)",
            "__import__('os')",
            "min(a)",
            "abs(a, b)",
            "min(a, key=b)",
            "a // 2",
            "a % 2",
            "a & 2",
            "~a",
            "a is b",
        ),
        *("a := 3", "f'{a}'", "a[0]", "1j", "9" * (LONGEST + 1), "(" * 400 + "a" + ")" * 400, "1" + "0" * 400, "a\0"),
        "-" * 900 + "a",
    ],
)
def test_anything_else_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(FlowError) as caught:
        Expression(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("speed", "no task has measured speed; measured are: accuracy, luts"),
        ("1 / (luts - 100)", "has no value"),
        ("(0 - luts) ** 0.5", "has no value"),
        ("luts ** luts ** luts", "has no value"),
        ("1e308 * luts", "is inf"),
    ],
)
def test_an_expression_without_a_value_is_refused(text: str, why: str) -> None:
    with pytest.raises(FlowError, match=why):
        Expression(text).value(MEASURED)


@given(st.text(max_size=30))
def test_no_text_does_anything_but_be_read_or_refused(text: str) -> None:
    with contextlib.suppress(FlowError):
        assert Expression(text).names is not None
