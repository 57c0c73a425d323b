"""Classes of inputs against their definitions, written out with fractions and loops."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import product
from math import floor
from typing import Any

import numpy as np
import pytest

from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.arithmetic.softmax import SoftmaxTable
from t2c.tb.catalogue.unit_registry import units
from t2c.tb.components.bins import names
from t2c.tb.components.inputs import flat
from t2c.tb.units.core_registers import classes as core_registers
from t2c.tb.units.lut_pointwise import classes as lut_pointwise
from t2c.tb.units.lut_softmax import classes as lut_softmax
from t2c.tb.units.mac_pe import classes as mac_pe
from t2c.tb.units.mulquant import classes as mulquant
from t2c.tb.units.mulquant.stimulus import Config, Item, Ranges, Vector
from t2c.tb.units.systolic_array import classes as systolic_array

RANGES = Ranges(widths=Widths(acc=8, scale=4, bias=9), shift_w=4, out_w=4, rng=random.Random(7))
P_W = 14
"""max(8 + 4, 9) + 2."""


def rounded(real: Fraction, mode: Rounding) -> int:
    low, part = floor(real), real - floor(real)
    if part != Fraction(1, 2):
        return low + (part > Fraction(1, 2) and mode is not Rounding.FLOOR)
    return {
        Rounding.FLOOR: low,
        Rounding.HALF_UP: low + 1,
        Rounding.HALF_EVEN: low + low % 2,
        Rounding.HALF_AWAY: low + (real > 0),
        Rounding.DOUBLE: low + 1,  # with shifts up to 31
    }[mode]


def rounded_twice(p: int, shift: int) -> int:
    """Mode double with a shift above 31, by two roundings one after the other."""
    return rounded(
        Fraction(rounded(Fraction(p, 1 << 31), Rounding.HALF_UP), 1 << max(shift - 31, 0)), Rounding.HALF_AWAY
    )


def definitions(config: Config, item: Item) -> dict[str, bool]:
    p = sum(v.acc * v.multiplier for v in item) + item[0].bias
    shift = item[-1].shift
    real = Fraction(p, 1 << shift)
    part, tie = real - floor(real), real - floor(real) == Fraction(1, 2)
    even = floor(real) % 2 == 0
    value = rounded(real, config.rounding) + config.zero_point
    accs, scales = [v.acc for v in item], [v.multiplier for v in item]
    return {
        "single": len(item) == 1,
        "pair": len(item) == 2,
        "exact": part == 0,
        "below half": 0 < part < Fraction(1, 2),
        "above half": part > Fraction(1, 2),
        "tie": tie,
        "tie, positive": tie and p > 0,
        "tie, negative": tie and p < 0,
        "tie, even quotient": tie and even,
        "tie, odd quotient": tie and not even,
        "tie, negative, odd quotient": tie and p < 0 and not even,
        "tie, positive, even quotient": tie and p > 0 and even,
        "saturates low": value < config.lo,
        "one below lo": value == config.lo - 1,
        "exactly at lo": value == config.lo,
        "inside the range": config.lo < value < config.hi,
        "exactly at hi": value == config.hi,
        "one above hi": value == config.hi + 1,
        "saturates high": value > config.hi,
        "rounding decides q": min(max(floor(real) + config.zero_point, config.lo), config.hi)
        != min(max(floor(real) + 1 + config.zero_point, config.lo), config.hi),
        "rounded up to lo": value == config.lo and value != floor(real) + config.zero_point,
        "rounded up past hi": value == config.hi + 1 and value != floor(real) + config.zero_point,
        "shift 0": shift == 0,
        "shift largest": shift == 15,
        "shift of p's width or more": shift >= P_W,
        "accumulator most negative": -128 in accs,
        "accumulator largest": 127 in accs,
        "accumulator 0": 0 in accs,
        "multiplier 0": 0 in scales,
        "multiplier negative": min(scales) < 0,
        "multiplier most negative": -8 in scales,
        "multiplier largest": 7 in scales,
        "bias most negative": item[0].bias == -256,
        "bias largest": item[0].bias == 255,
        "p negative": p < 0,
        "p 0": p == 0,
        "p largest of all": p == 2 * 128 * 8 + 255,
        "p least of all": p == -2 * 128 * 7 - 256 if 128 * 7 > 127 * 8 else p == -2 * 127 * 8 - 256,
        "zero point 0": config.zero_point == 0,
        "one-value range": config.lo == config.hi,
        "ReLU, lo = zero point": config.lo == config.zero_point,
    }


def some_items(count: int) -> list[Item]:
    rng = random.Random(3)

    def pick(low: int, high: int) -> int:
        return rng.choice((low, high, 0, rng.randint(low, high), rng.randint(max(low, -3), 3)))

    def vector() -> Vector:
        return Vector(
            acc=pick(-128, 127), multiplier=pick(-8, 7), bias=pick(-256, 255), shift=rng.choice((*range(5), 15))
        )

    extremes = [
        (Vector(acc=-128, multiplier=-8, bias=255, shift=0), Vector(acc=-128, multiplier=-8, bias=9, shift=14)),
        (Vector(acc=127, multiplier=-8, bias=-256, shift=3), Vector(acc=127, multiplier=-8, bias=9, shift=1)),
    ]
    return [*extremes, *((vector(),) if rng.random() < 0.6 else (vector(), vector()) for _ in range(count))]


CONFIGS = [
    Config(rounding=mode, zero_point=z, lo=lo, hi=hi)
    for mode in Rounding
    for z, lo, hi in ((0, -8, 7), (7, 0, 15), (-8, -8, 1), (1, 1, 1))
]


@pytest.mark.sample(3)
@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_classes_of_mulquant(config: Config) -> None:
    items = some_items(400)
    found = flat(mulquant.classes(mulquant.SentBatch(config=config, items=items, ranges=RANGES)))
    for index, item in enumerate(items):
        for name, wanted in definitions(config, item).items():
            assert found[name][index] == wanted, (name, item)


@pytest.mark.slow
def test_classes_of_two_roundings() -> None:
    rng = random.Random(4)
    ranges = Ranges(widths=Widths(acc=8, scale=4, bias=44), shift_w=6, out_w=4, rng=rng)
    turns = [
        (odd << shift - 1) + sign * (1 << 30) + delta
        for shift in range(30, 38)
        for odd in (-3, -1, 1, 3)
        for sign in (-1, 0, 1)
        for delta in (-1, 0, 1)
    ]
    items: list[Item] = [(Vector(acc=0, multiplier=1, bias=p, shift=shift),) for p in turns for shift in range(30, 38)]
    seen: set[str] = set()
    for mode in Rounding:
        config = Config(rounding=mode, zero_point=0, lo=-8, hi=7)
        found = mulquant.classes(mulquant.SentBatch(config=config, items=items, ranges=ranges))["two roundings"]
        for index, (vector,) in enumerate(items):
            p, shift = vector.bias, vector.shift
            real, twice = Fraction(p, 1 << shift), mode is Rounding.DOUBLE and shift > 31
            value = rounded_twice(p, shift)
            turns_here, turns_next = (rounded_twice(at, shift) - rounded_twice(at - 1, shift) for at in (p, p + 1))
            wanted = {
                "one below where it turns, positive": turns_next == 1 and p >= 0,
                "where it turns, positive": turns_here == 1 and p >= 0,
                "below a tie, rounded up": real - floor(real) < Fraction(1, 2) and value > real,
                "above a tie, rounded down": real - floor(real) > Fraction(1, 2) and value < real,
                "one below where it turns, negative": turns_next == 1 and p < 0,
                "where it turns, negative": turns_here == 1 and p < 0,
                "the smallest shift that rounds twice": shift == 32,
            }
            assert {name: bool(inside[index]) for name, inside in found.items()} == {
                name: twice and inside for name, inside in wanted.items()
            }, (p, shift, mode)
            seen |= {name for name, inside in wanted.items() if inside and twice}
    assert seen == set(found)


def test_every_class_of_mulquant_is_exercised_by_the_test_above() -> None:
    seen: set[str] = set()
    for config in CONFIGS:
        found = mulquant.classes(mulquant.SentBatch(config=config, items=some_items(400), ranges=RANGES))
        seen |= {name for name, inside in flat(found).items() if inside.any()}
    wanted = set(definitions(CONFIGS[0], some_items(0)[0]))
    assert wanted <= seen


def test_names_are_unique_over_the_groups() -> None:
    """A class is named alone where a failure is explained."""
    table = SoftmaxTable(exp=np.array([7, 3, 1, 1]), exponent_bits=4, output_bits=4, reciprocal_bits=10)
    config = CONFIGS[0]
    for found in (
        mulquant.classes(mulquant.SentBatch(config=config, items=some_items(3), ranges=RANGES)),
        systolic_array.classes(np.ones((4, 3), dtype=np.int64), np.ones((2, 4), dtype=np.int64), (-8, 7), (-4, 3)),
        lut_softmax.classes([1, 2], table, IntFormat(bits=4, signed=True), 4),
        mac_pe.classes((), 4, 3, 2),
    ):
        every = [name for members in found.values() for name in members]
        assert len(every) == len(set(every))


def test_what_a_mulquant_cannot_be_set_to_is_no_bin_of_it() -> None:
    parameters = {"ACC_W": 32, "SCALE_W": 16, "BIAS_W": 40, "SHIFT_W": 5, "OUT_W": 8}
    only = [Config(rounding=Rounding.HALF_EVEN, zero_point=0, lo=-128, hi=127)]
    cover = mulquant.cover_unit(parameters, only, pairs=False)
    unhit = set(cover.unhit())
    assert ("rounding", "half_even") in unhit
    assert ("fraction x rounding", "tie, negative, odd quotient; half_even") in unhit
    for group, name in (
        ("rounding", "half_up"),
        ("fraction x rounding", "tie, negative, odd quotient; half_up"),
        ("operands", "pair"),
        ("ties of pairs", "pair; tie"),
        ("zero point", "zero point positive"),
        ("shift", "shift of p's width or more"),
    ):
        assert (group, name) not in unhit
        assert cover.groups[group][name].excluded


def test_classes_of_systolic_array() -> None:
    draw = np.random.default_rng(5)
    rows, cols, ranges = 3, 4, ((-4, 3), (-2, 1))
    for vectors in (1, 2, 5):
        weights, operands = draw.integers(-2, 2, (rows, cols)), draw.integers(-4, 4, (vectors, rows))
        operands[0] = -4
        found = flat(systolic_array.classes(weights, operands, *ranges, vector_gaps=True))
        for index, (m, c) in enumerate(product(range(vectors), range(cols))):
            terms = [int(operands[m, r] * weights[r, c]) for r in range(rows)]
            wanted = {f"column {k}": c == k for k in range(cols)}
            wanted |= {f"column {k} or a later one": c >= k for k in range(1, cols)}
            wanted |= {f"row {r} with a product": terms[r] != 0 for r in range(rows)}
            wanted |= {
                "first row, last column": terms[0] != 0 and c == cols - 1,
                "last row, first column": terms[-1] != 0 and c == 0,
                "an operand most negative": -4 in operands[m],
                "an operand largest": 3 in operands[m],
                "a weight most negative": -2 in weights[:, c],
                "product largest": 8 in terms,
                "product least": -6 in terms,
                "column sum 0": sum(terms) == 0,
                "column sum negative": sum(terms) < 0,
                "column sum largest": sum(terms) == 24,
                "column sum least": sum(terms) == -18,
                "first vector of a tile": m == 0,
                "last vector of a tile": m == vectors - 1,
                "tile of one vector": vectors == 1,
                "tile of ROWS vectors or more": vectors >= rows,
                "gaps between vectors": True,
                "gaps between weight words": False,
            }
            for name, holds in wanted.items():
                assert found[name][index] == holds, (name, m, c)


def test_wrong_columns() -> None:
    assert systolic_array.wrong_columns(0x123456, 0x12FF56, 3, 8) == [False, True, False]


def test_timing_of_tiles() -> None:
    """Two tiles of one vector, two words each, as early as the handshake allows; then one that waits."""
    word, first, both, idle = (True, False, False), (False, True, True), (True, True, True), (False, False, False)
    tight = systolic_array.timing([word, word, both, word, first], count=2)
    assert list(tight.values()) == [2, 0, 1, 1]
    assert list(systolic_array.timing([word, word, idle, first], count=2).values()) == [0, 0, 0, 0]
    assert list(systolic_array.timing([word, word, both, word, (False, True, False), first], count=2).values())[1] == 1


def test_classes_of_lut_softmax() -> None:
    table = SoftmaxTable(exp=np.array([12, 5, 2, 1]), exponent_bits=4, output_bits=4, reciprocal_bits=12)
    fmt, rng = IntFormat(bits=4, signed=True), random.Random(1)
    rows = [
        [-8],
        [7, -8],
        [3] * 8,
        [2, 1, 1, 0],
        *([rng.randint(-8, 7) for _ in range(rng.randint(1, 8))] for _ in range(60)),
    ]
    for row in rows:
        found = flat(lut_softmax.classes(row, table, fmt, 8))
        e = [table.exp[max(row) - x] if max(row) - x < 4 else 0 for x in row]
        for index, x in enumerate(row):
            real = Fraction(int(e[index]) * ((1 << 12) // int(sum(e))), 1 << 8)
            value = floor(real + Fraction(1, 2))
            wanted = {
                "row of one": len(row) == 1,
                "row of MAX_LEN": len(row) == 8,
                "all equal": len(row) > 1 and len(set(row)) == 1,
                "one dominant element": len(row) > 1 and sum(entry > 0 for entry in e) == 1,
                "sum a power of two": int(sum(e)).bit_count() == 1,
                "the maximum": x == max(row),
                "index of the last entry": max(row) - x == 3,
                "first index beyond the table": max(row) - x == 4,
                "element least": x == -8,
                "tie": real - floor(real) == Fraction(1, 2),
                "below half": 0 < real - floor(real) < Fraction(1, 2),
                "y 0": value == 0,
                "y largest, not saturated": value == 15,
                "y saturates": value > 15,
            }
            for name, holds in wanted.items():
                assert found[name][index] == holds, (name, row, index)


def test_classes_of_mac_pe() -> None:
    rng = random.Random(2)
    cycles = [
        mac_pe.Seen(
            a=rng.choice((-4, 3, 0)),
            swap=rng.random() < 0.5,
            weights=rng.choice((None, (-2, 1), (1, 0), (0, -1))),
            psums=(rng.randint(-9, 9), rng.randint(-9, 9)),
            products=(rng.choice((None, 8, -3, 0)), rng.choice((None, 8, -3, 0))),
        )
        for _ in range(300)
    ]
    found = flat(mac_pe.classes(cycles, 3, 2, 2))
    for index, cycle in enumerate(cycles):
        used = cycle.weights is not None
        first, second = cycle.weights or (0, 0)
        psum, added = cycle.psums[1], cycle.products[1]
        wanted = {
            "swap": cycle.swap,
            "no swap": not cycle.swap,
            "swap after a swap": index > 0 and cycles[index - 1].swap and cycle.swap,
            "none in use": not used,
            "operand most negative": cycle.a == -4,
            "column 0: weight most negative": first == -2,
            "column 1: weight largest": second == 1,
            "column 0: product largest": used and cycle.a * first == 8,
            "column 1: product negative": used and cycle.a * second < 0,
            "column 1: partial sum negative": psum < 0,
            "column 1: sum changes its sign": added is not None and (psum < 0) != (psum + added < 0),
            "products negative and 0": used and cycle.a * first < 0 and cycle.a * second == 0,
            "products positive and negative": used and cycle.a * first > 0 > cycle.a * second,
        }
        for name, holds in wanted.items():
            assert found[name][index] == holds, (name, index)
    assert not any(name.startswith("products") for name in flat(mac_pe.classes((), 3, 2, 1)))


def test_the_bins_of_a_unit_are_its_classes_and_a_few_events() -> None:
    table = SoftmaxTable(exp=np.array([7, 3]), exponent_bits=12, output_bits=8, reciprocal_bits=22)
    usual = {name: units()[name].parameters for name in ("lut_softmax", "lut_pointwise", "systolic_array", "mac_pe")}
    square = np.zeros((4, 4), dtype=np.int64)
    fmt = IntFormat(bits=8, signed=True)
    cases = [
        (lut_softmax.cover_unit(usual["lut_softmax"], table), lut_softmax.classes([0], table, fmt, 64), 3),
        (lut_pointwise.cover_unit(usual["lut_pointwise"]), lut_pointwise.classes([0], [True], 8), 3),
        (
            systolic_array.cover_unit(usual["systolic_array"]),
            systolic_array.classes(square, square, (-256, 255), (-128, 127)),
            4,
        ),
        (mac_pe.cover_unit(usual["mac_pe"]), mac_pe.classes((), 9, 8, 1), 1),
    ]
    for cover, classes, others in cases:
        declared = {group: tuple(bins) for group, bins in cover.groups.items()}
        assert names(classes).items() <= declared.items()
        assert len(declared) == len(classes) + others


@pytest.mark.parametrize(
    ("taken", "state", "wanted"),
    [
        ({"b": (0,), "r": (5, 2)}, {}, {"write OKAY", "read SLVERR", "read and write answered together"}),
        ({"aw": (0,), "w": (1, 15)}, {}, {"AW and W together"}),
        ({"aw": (0,)}, {"w_waits": True}, set()),
        ({"w": (1, 15)}, {}, {"W first"}),
        ({"ar": (4,)}, {"ends": (True, False)}, {"STATUS read", "done", "read taken in the cycle of the end"}),
        ({"ar": (5,)}, {}, {"another address read"}),
        ({"b": (2,)}, {"busy": True}, {"write SLVERR", "write refused while busy"}),
        ({}, {"start": True, "ends": (True, True)}, {"start", "done and error together", "end at a start"}),
    ],
)
def test_cycles_of_the_register_file(
    taken: dict[str, tuple[int, ...]], state: dict[str, Any], wanted: set[str]
) -> None:
    usual = {"aw_waits": False, "w_waits": False, "ends": (False, False), "start": False, "busy": False}
    cover = core_registers.cover_unit(units()["core_registers"].parameters)
    found = list(core_registers.cycle_bins(taken, **{**usual, **state}))
    for group, name in found:
        cover.hit(group, name)
    assert {name for _, name in found} == wanted
