"""Bins are declared before they count; runs merge; what does not apply is told from what was never tried."""

from __future__ import annotations

import numpy as np
import pytest

from t2c.tb.components.bins import Coverage, UndeclaredBin, cover_parameters, cross, names, stall_classes
from t2c.tb.components.inputs import Inputs


def test_a_declared_bin_is_unhit_until_it_is_hit() -> None:
    cover = Coverage({"ties": ("positive", "negative")})
    assert cover.unhit() == [("ties", "positive"), ("ties", "negative")]
    cover.hit("ties", "negative", 3)
    cover.hit("ties", "positive", 0)
    assert cover.unhit() == [("ties", "positive")]


@pytest.mark.parametrize(("group", "name"), [("ties", "even"), ("shift", "negative")])
def test_an_undeclared_bin_is_an_error(group: str, name: str) -> None:
    cover = Coverage({"ties": ("negative",)})
    for act in (cover.hit, lambda g, n: cover.exclude(g, n, "why")):
        with pytest.raises(UndeclaredBin, match=f"^bin '{name}' of group '{group}' was never declared$"):
            act(group, name)
    with pytest.raises(UndeclaredBin):
        cover.hit_classes({group: {name: np.array([True])}})


def test_what_does_not_apply_is_not_unhit_but_counts_if_it_is_hit() -> None:
    cover = Coverage({"rounding": ("floor", "half_up")})
    cover.exclude("rounding", "floor", "the module has one mode")
    cover.exclude("rounding", "half_up", "the module has one mode")
    cover.hit("rounding", "half_up")
    assert cover.unhit() == []
    assert cover.to_json() == {"rounding": {"floor": "the module has one mode", "half_up": 1}}


def test_an_exclusion_wants_a_reason() -> None:
    with pytest.raises(ValueError, match="is excluded without a reason"):
        Coverage({"a": ("b",)}).exclude("a", "b", "")


def test_an_exclusion_reaches_every_cross() -> None:
    cover = Coverage({"mode": ("up", "even"), "tie x mode": ("tie; up", "tie; even")})
    cover.exclude_everywhere("even", "not built")
    assert cover.unhit() == [("mode", "up"), ("tie x mode", "tie; up")]
    with pytest.raises(UndeclaredBin):
        cover.exclude_everywhere("odd", "not built")


def test_runs_add_up_and_only_common_exclusions_stay() -> None:
    first, second = (Coverage({"g": ("a", "b", "c", "d")}) for _ in range(2))
    first.hit("g", "a", 2)
    first.exclude("g", "b", "narrow")
    first.exclude("g", "c", "narrow")
    second.hit("g", "a", 3)
    second.exclude("g", "c", "no such mode")
    merged = Coverage()
    merged.merge(first)
    merged.merge(second)
    assert merged.unhit() == [("g", "b"), ("g", "d")]
    assert merged.groups["g"]["a"].hits == 5
    assert merged.groups["g"]["c"].excluded
    assert Coverage.from_json(merged.to_json()).to_json() == merged.to_json()


def test_a_cross_is_the_intersection() -> None:
    first = {"a": np.array([True, True, False])}
    second = {"x": np.array([True, False, False]), "y": np.array([False, True, True])}
    assert {name: inside.tolist() for name, inside in cross(first, second).items()} == {
        "a; x": [True, False, False],
        "a; y": [False, True, False],
    }


def test_only_what_was_compared_counts() -> None:
    """Three inputs were sent, two results came."""
    cover = Coverage({"kind": ("a", "b"), "input stalls": (), "output stalls": ()})
    inputs = Inputs(cover)
    inputs.add({"kind": {"a": np.array([True, False]), "b": np.array([False, False])}})
    inputs.add({"kind": {"a": np.array([False]), "b": np.array([True])}})
    inputs.count(inputs.compared(2))
    assert cover.unhit() == [("kind", "b")]


def test_stalls_and_parameters_name_their_bins() -> None:
    found = stall_classes("p10", "none", 2)
    assert found["input stalls"]["input stalls p10"].tolist() == [True, True]
    assert not found["output stalls"]["output stalls p10"].any()
    cover = Coverage(names(found))
    cover_parameters(cover, {"W": (2, 8)}, {"W": 8})
    assert ("widths", "W = 2") in cover.unhit()
    assert ("widths", "W = 8") not in cover.unhit()
