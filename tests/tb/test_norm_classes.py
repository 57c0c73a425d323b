"""Classes of the inputs of layer_norm against their definitions, written out with fractions and loops."""

from __future__ import annotations

import random
from fractions import Fraction
from math import floor, isqrt

import pytest

from t2c.golden.arithmetic.layer_norm import RowNorm
from t2c.golden.arithmetic.mulquant import MulQuant
from t2c.golden.arithmetic.rounding import Rounding, round_integer
from t2c.tb.catalogue.unit_registry import units
from t2c.tb.components.bins import names
from t2c.tb.components.inputs import flat
from t2c.tb.dut.traits import Traits
from t2c.tb.units.layer_norm import classes as norm_classes
from t2c.tb.units.layer_norm.rows import (
    RowSpace,
    after_reset,
    corner_rows,
    of_row,
    random_quant,
    random_rows,
    root_cases,
    telling_quant,
)
from t2c.tb.units.row_classes import EVENTS
from t2c.tb.units.row_space import Row

MODES = ("floor", "half_up", "half_even", "half_away")
PARAMETERS = {
    **{"X_W": 4, "LANES": 4, "LEN_W": 4, "E_W": 16, "ROOT_W": 8, "FRAC_W": 5},
    **{"SCALE_W": 8, "BIAS_W": 16, "SHIFT_W": 4, "OUT_W": 6},
}


def space(*, signed: bool) -> RowSpace:
    return RowSpace(parameters=PARAMETERS, signed=signed, traits=Traits(rounding=MODES), rng=random.Random(3))


def definitions(row: Row, index: int, norm: RowNorm, quant: MulQuant, where: RowSpace) -> dict[str, bool]:
    """Of one lane, counted through all beats."""
    n, lanes, bits = len(row), where.lanes, norm.root_bits
    beat, last = index // lanes, (n - 1) // lanes
    inside = index < n
    v = n * sum(x * x for x in row) - sum(row) ** 2 + norm.epsilon
    half = next(h for h in range(1, 40) if v < 4**h)
    moved = floor(Fraction(v) * Fraction(4) ** (bits - half))
    k = isqrt(moved)
    wanted = {
        "beyond the end": not inside,
        "row of one": n == 1,
        "row of one beat": 1 < n <= lanes,
        "row of whole beats": n > lanes and n % lanes == 0,
        "row of whole beats and a part": n > lanes and n % lanes > 0,
        "row of MAX_LEN": n == 16,
        "bit 2 of N": n & 4 > 0,
        "last beat of 3": n % lanes == 3,
        "last beat of 4": n % lanes == 0,
        "lane 2": index % lanes == 2,
        "first beat": beat == 0,
        "last beat": beat == last,
        "beat between": 0 < beat < last,
        "signed": where.signed,
        "all equal": n > 1 and len(set(row)) == 1,
        "epsilon 1": norm.epsilon == 1,
        "epsilon largest": norm.epsilon == 65535,
        "h = 1": v < 4,
        "h = 3": 16 <= v < 64,
        "V moved up": half < 8,
        "V moved down": half > 8,
        "k least": k == 128,
        "k largest": k == 255,
        "V' a square": k * k == moved,
        "V' one below a square": (k + 1) ** 2 == moved + 1,
        "divides without a rest": k in (128, 256),
        "N r largest": n == 16 and k == 128 and v > 1,
    }
    if not inside:
        return {name: holds and name == "beyond the end" for name, holds in wanted.items()}
    real = Fraction((n * row[index] - sum(row)) * (65536 // k), 2 ** (bits + half - norm.fraction_bits))
    t = floor(real + Fraction(1, 2))
    part = real - floor(real)
    return wanted | {
        "element least": row[index] == where.fmt.lo,
        "element largest": row[index] == where.fmt.hi,
        "t 0": t == 0,
        "t negative": t < 0,
        "t needs bit 4": 16 <= abs(t) < 32,
        "t exact": part == 0,
        "t tie": part == Fraction(1, 2),
        "t below half": 0 < part < Fraction(1, 2),
        "t above half": part > Fraction(1, 2),
        "bit 3 of S": quant.shift[index] >= 8,
        "t in sight": result(quant, index, t) != result(quant, index, t - 1),
    }


def result(quant: MulQuant, index: int, t: int) -> int:
    """What an element of that t becomes."""
    p = t * int(quant.multiplier[index]) + int(quant.bias[index])
    return min(max(round_integer(p, int(quant.shift[index]), quant.rounding) + quant.zero_point, quant.lo), quant.hi)


@pytest.mark.sample(3)
@pytest.mark.parametrize("signed", [True, False])
def test_classes_of_layer_norm(signed: bool) -> None:
    where = space(signed=signed)
    rows = [*corner_rows(where), *random_rows(where, 40, 16)]
    cases = [(row, where.norm(1) if where.rng.random() < 0.5 else where.any_norm()) for row in rows]
    cases += [(row, where.norm(1 << 60)) for row in rows[:10]] + list(root_cases(where))
    seen: set[str] = set()
    for row, norm in cases:
        quant = where.rng.choice((telling_quant(where, row, norm), random_quant(where)))
        sent = norm_classes.SentRow(row=row, norm=norm, quant=of_row(quant, len(row)))
        found = flat(norm_classes.classes(sent, where))
        assert {len(members) for members in found.values()} == {-(-len(row) // 4) * 4}
        for index in range(-(-len(row) // 4) * 4):
            for name, holds in definitions(row, index, norm, quant, where).items():
                assert found[name][index] == holds, (name, row, norm, index)
                seen |= {name} if holds else set()
    assert seen == set(definitions([0], 0, where.norm(1), quant, where)) - (set() if signed else {"signed"})


def test_names_are_unique_and_declared() -> None:
    where = space(signed=True)
    sent = norm_classes.SentRow(row=[1, 2], norm=where.norm(1), quant=of_row(random_quant(where), 2))
    base = norm_classes.classes(sent, where)
    every = [name for members in base.values() for name in members]
    assert len(every) == len(set(every))
    declared = {group: tuple(bins) for group, bins in norm_classes.cover_unit(where).groups.items()}
    assert names(base).items() <= declared.items()
    assert declared["events"] == EVENTS


def test_what_a_module_does_not_have_is_no_bin_of_it() -> None:
    cover = norm_classes.cover_unit(space(signed=True), signs=(True,))
    assert cover.groups["sign"]["unsigned"].excluded
    assert not cover.groups["sign"]["signed"].excluded
    one = RowSpace(parameters=PARAMETERS, signed=True, traits=Traits(rounding=("half_up",)), rng=random.Random(3))
    excluded = {name for name, each in norm_classes.cover_unit(one).groups["rounding"].items() if each.excluded}
    assert excluded == {mode.value for mode in Rounding} - {"half_up"}


@pytest.mark.parametrize("build", [{}, *units()["layer_norm"].ends, *units()["layer_norm"].covered], ids=str)
def test_rows_and_constants_are_legal(build: dict[str, int]) -> None:
    """Of every build; the longest row comes first after a reset, and every length of a last beat is there."""
    parameters = {**units()["layer_norm"].parameters, **build}
    for signed in (True, False):
        where = RowSpace(parameters=parameters, signed=signed, traits=Traits(rounding=MODES), rng=random.Random(3))
        rows = [*after_reset(where), *corner_rows(where), *random_rows(where, 10, 64)]
        assert len(rows[0]) == where.longest
        assert all(1 <= len(row) <= where.longest for row in rows)
        assert all(where.fmt.lo <= min(row) and max(row) <= where.fmt.hi for row in rows)
        assert {len(row) % where.lanes for row in rows} == set(range(where.lanes))
        for row, norm in [(row, where.any_norm()) for row in rows[:12]]:
            assert 1 <= norm.epsilon < 1 << parameters["E_W"]
            for quant in (random_quant(where), telling_quant(where, row, norm)):
                assert len(quant.multiplier) == where.longest
                assert quant.shift.max() < 1 << parameters["SHIFT_W"]
                assert abs(int(quant.bias.min())) <= 1 << (parameters["BIAS_W"] - 1)
