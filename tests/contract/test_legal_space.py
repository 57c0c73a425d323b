"""The declared legal space: nothing is left out, ranges are those of the things themselves, draws reach all of it."""

from __future__ import annotations

import re

import numpy as np
import pytest

from t2c.common.places import RTL
from t2c.contract.descriptor import FIELDS
from t2c.contract.hardware import PARAMETERS
from t2c.contract.legal_space import PAIRS, dimension, dimensions
from t2c.contract.registers import BITS
from t2c.golden.arithmetic.window import Window
from t2c.golden.errors import RangeError
from t2c.golden.graph.dimension import Dimension
from t2c.golden.graph.fields import Record
from t2c.golden.graph.kinds import node_kinds

ALL = dimensions()


def test_every_declared_thing_is_a_dimension() -> None:
    keys = [each.key for each in ALL]
    assert len(set(keys)) == len(keys)
    wanted = {f"descriptor.{entry.name}" for entry in FIELDS} | {f"hardware.{entry.name}" for entry in PARAMETERS}
    wanted |= {f"register.{bits.register.name}.{bits.name}" for bits in BITS}
    assert wanted <= set(keys)
    for kind in node_kinds():
        for field in kind.fields:
            if field.optional:
                continue  # such as an element: of packages for other hardware
            record = field.members if isinstance(field, Record) else ()
            members = [f".{member.name}" for member in record if not member.optional] or [""]
            for member in members:
                prefix = f"{kind.op}.{field.name}{member}"
                assert any(key == prefix or key.startswith(f"{prefix}.") for key in keys), prefix
    assert all(key in keys for pair in PAIRS for key in pair)


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.key)
def test_classes_are_a_partition_and_boundaries_are_legal(each: Dimension) -> None:
    assert each.classes[0].low == each.low
    assert each.classes[-1].high == each.high
    assert all(a.high + 1 == b.low for a, b in zip(each.classes, each.classes[1:], strict=False))
    assert len({part.name for part in each.classes}) == len(each.classes)
    assert {each.low, each.high} <= set(each.boundaries)
    for value in each.boundaries:
        assert each.class_of(value) in {part.name for part in each.classes}
        assert set(each.bits_of(value)) <= set(each.bits)
    for value in (each.low - 1, each.high + 1):
        with pytest.raises(RangeError, match=re.escape(each.key)):
            each.class_of(value)


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.key)
def test_draws_are_legal_and_reach_every_bit_length(each: Dimension) -> None:
    rng = np.random.default_rng(1)
    drawn = [each.draw(rng) for _ in range(12 * len(each.classes) + 60)]
    assert {each.class_of(value) for value in drawn} == {part.name for part in each.classes}
    low, high = each.low + (each.high - each.low) // 3, each.high - (each.high - each.low) // 3
    assert all(low <= each.draw(rng, low, high) <= high for _ in range(50))


def test_a_draw_between_no_values_is_refused() -> None:
    with pytest.raises(RangeError, match=r"conv2d\.stride\.vertical: highest value = 0"):
        dimension("conv2d.stride.vertical").draw(np.random.default_rng(0), high=0)


@pytest.mark.parametrize("each", [each for each in ALL if each.drives], ids=lambda each: each.key)
def test_what_it_drives_is_there(each: Dimension) -> None:
    for place in each.drives:
        module, register = place.split(".")
        text = re.sub(r"//[^\n]*", "", (RTL / f"{module}.v").read_text())
        assert re.search(rf"\breg\b[^;]*\b{register}\b", text), place


@pytest.mark.parametrize("field", ["kernel", "stride", "padding", "dilation"])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_window_takes_its_range_and_no_more(field: str, axis: int) -> None:
    name = "weight.kernel_" if field == "kernel" else f"{field}."
    each = dimension(f"conv2d.{name}{('vertical', 'horizontal')[axis]}")
    for value in each.boundaries:
        pair = [1, 1]
        pair[axis] = value
        assert getattr(Window(**{"kernel": (1, 1), field: tuple(pair)}), field)[axis] == value
    for value in (each.low - 1, each.high + 1):
        pair = [1, 1]
        pair[axis] = value
        with pytest.raises(RangeError, match=field):
            Window(**{"kernel": (1, 1), field: tuple(pair)})
