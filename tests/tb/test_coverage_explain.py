"""Planted faults of known classes are explained by just these; what has no class is admitted."""

from __future__ import annotations

import numpy as np
import pytest

from t2c.tb.components.bins import BoolArray
from t2c.tb.components.explain import explain, explain_all, shifted

COUNT = 4000


@pytest.fixture
def classes() -> dict[str, BoolArray]:
    draw = np.random.default_rng(11)
    shares = {"rare": 0.01, "tie": 0.1, "negative": 0.5, "half_even": 0.25, "pair": 0.3, "hidden": 0.5}
    return {name: draw.random(COUNT) < share for name, share in shares.items()}


def test_nothing_wrong_needs_no_explanation(classes: dict[str, BoolArray]) -> None:
    assert explain(classes, np.zeros(COUNT, dtype=bool)) == []


@pytest.mark.parametrize("names", [("rare",), ("tie", "negative"), ("tie", "negative", "half_even")], ids="+".join)
def test_a_conjunction_is_found(names: tuple[str, ...], classes: dict[str, BoolArray]) -> None:
    wrong = np.logical_and.reduce([classes[name] for name in names])
    count = int(wrong.sum())
    where = " and ".join(f"[{name}]" for name in names)
    assert explain(classes, wrong) == [
        f"all {count:,} mismatches are in {where}: {count:,} of {count:,} such are wrong, 0 of {COUNT - count:,} others"
    ]


def test_a_class_that_is_wrong_now_and_then(classes: dict[str, BoolArray]) -> None:
    """Saturation hides three of four wrong results: the class is named all the same, with its share."""
    wrong = classes["tie"] & (np.arange(COUNT) % 4 > 0)
    (line,) = explain(classes, wrong)
    assert line.startswith(
        f"all {wrong.sum():,} mismatches are in [tie]: {wrong.sum():,} of {classes['tie'].sum():,} such"
    )


def test_two_faults_give_two_lines(classes: dict[str, BoolArray]) -> None:
    wrong = (classes["tie"] & classes["negative"]) | classes["rare"]
    lines = explain(classes, wrong)
    assert len(lines) == 2
    assert "[tie] and [negative]" in lines[0]
    assert "[rare]" in lines[1]
    assert "the other" in lines[1]


@pytest.mark.parametrize("share", [0.001, 0.02, 0.4])
def test_noise_is_not_explained(share: float, classes: dict[str, BoolArray]) -> None:
    wrong = np.random.default_rng(12).random(COUNT) < share
    assert explain(classes, wrong) == [f"no class of inputs explains the {wrong.sum():,} mismatches"]


def test_what_a_class_leaves_over_is_said(classes: dict[str, BoolArray]) -> None:
    wrong = classes["rare"].copy()
    wrong[np.flatnonzero(~classes["rare"])[:300:100]] = True
    lines = explain(classes, wrong)
    assert lines[0].startswith(f"{classes['rare'].sum():,} of {wrong.sum():,} mismatches are in [rare]")
    assert lines[1] == "no class of inputs explains the other 3 mismatches"


def test_everything_wrong() -> None:
    wrong = np.ones(5, dtype=bool)
    assert explain({"a": wrong}, wrong) == ["all 5 comparisons are wrong: no class of inputs tells right from wrong"]


def test_what_one_test_suggests_another_refutes(classes: dict[str, BoolArray]) -> None:
    """In the first test every tie is half_even, so only both tests together tell which of the two it was."""
    first = {"tie": classes["tie"], "half_even": classes["tie"], "other": classes["pair"]}
    second = {"tie": classes["tie"], "half_even": classes["half_even"], "other": classes["pair"]}
    wrong = classes["tie"] & classes["half_even"]
    assert "[tie] and [half_even]" in explain_all([(first, classes["tie"]), (second, wrong)])[0]
    assert explain_all([(first, np.zeros(COUNT, dtype=bool))]) == []
    assert explain_all([]) == []


STREAM = np.random.default_rng(13).integers(0, 256, 200).tolist()


def test_a_lost_result() -> None:
    line = shifted(STREAM, STREAM[:50] + STREAM[51:])
    assert (
        line == "the stream is shifted by one: results 50..198 equal expected 51..199; one result from 50 on never came"
    )


def test_an_extra_result() -> None:
    line = shifted(STREAM, [*STREAM[:50], 999, *STREAM[50:-1]])
    assert (
        line == "the stream is shifted by one: results 51..199 equal expected 50..198; one result too many from 50 on"
    )


def test_two_lost_results() -> None:
    line = shifted(STREAM, STREAM[2:])
    assert line is not None
    assert line.startswith("the stream is shifted by two: results 0..197 equal expected 2..199; two results")


def test_wrong_values_are_no_shift() -> None:
    assert shifted(STREAM, STREAM) is None
    assert shifted(STREAM, [value ^ (index % 7 == 0) for index, value in enumerate(STREAM)]) is None


def test_one_wrong_value_among_equal_ones_is_no_shift() -> None:
    """Saturated streams fit every shift; only what was wrong without it speaks for one."""
    assert shifted([0, *[127] * 50], [127] * 51) is None
