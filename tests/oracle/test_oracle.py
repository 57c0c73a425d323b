"""make oracle in short: every check agrees with golden, and a wrong golden turns each of them red."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from oracle import __main__ as command
from oracle import plain
from oracle.check import Batch, Check, run_check
from oracle.gemmlowp import multiply_by_quantized_multiplier, single_rounding
from oracle.registry import CHECKS
from t2c.common.errors import SettingError
from t2c.golden.arithmetic.exact import EXACT
from t2c.golden.arithmetic.rounding import Rounding, folded_half
from t2c.golden.rom.words import RomLayout
from tests.oracle.planting import covered, first_mismatch, plant

pytestmark = pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")
CASES = 20_000
PREFIX = 150_000
"""Values after which an exhaustive check ends here."""


@pytest.mark.sample(3)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_golden_agrees_with_the_stranger(check: Check) -> None:
    outcome = run_check(check, cases=CASES, seed=3, at_most=PREFIX)
    assert outcome.passed, outcome.first
    assert check.counts is not None or outcome.compared >= min(CASES, 100_000)


def instead(wrong: Rounding, of: Rounding) -> Callable[[Any], Any]:
    """A golden that takes one rounding mode for another."""
    return lambda right: (
        lambda *numbers: right(*numbers[:-1], wrong if Rounding.parse(numbers[-1]) is of else numbers[-1])
    )


def truncate(right: Any) -> Any:
    """A golden whose floor goes towards zero, also where it folds a half into the bias and shifts."""
    if right is folded_half:
        return lambda shift, mode: None if Rounding.parse(mode) is Rounding.FLOOR else right(shift, mode)

    def wrong(p: Any, shift: Any, mode: Any) -> None:
        sign = np.sign(p) if Rounding.parse(mode) is Rounding.FLOOR else 1
        p *= sign
        right(p, shift, mode)
        p *= sign

    return wrong


def shifted_image(right: Any) -> Any:
    """A golden whose padding is off by one on one side: the image lies one pixel to the right."""
    return lambda x, *others, **named: right(np.roll(np.asarray(x), 1, axis=-1), *others, **named)


def zero_point_off_by_one(right: Any) -> Any:
    """A golden that subtracts zp + 1, or zp_a + 1."""

    def wrong(*operands: Any, **named: Any) -> Any:
        name = next(key for key in named if key.startswith("zero_point"))
        return right(*operands, **named | {name: named[name] + 1})

    return wrong


def clipped_before_zero_point(right: Any) -> Any:
    """A golden that saturates p / 2^S first and adds the zero point afterwards."""
    del right

    def wrong(self: Any, p: Any, out: Any) -> None:
        out[...] = np.clip(p, self.lo, self.hi) + self.zero_point

    return wrong


def other_lane_order(right: Any) -> Any:
    """A golden that packs the lanes the other way round."""
    orders = {"lsb_first": "msb_first", "msb_first": "lsb_first"}

    def wrong(values: Any, layout: RomLayout) -> Any:
        fields = {name: getattr(layout, name) for name in ("bits", "signed", "lanes", "endianness")}
        return right(values, RomLayout(**fields, lane_order=orders[layout.lane_order]))

    return wrong


ROUND = (
    "t2c.golden.arithmetic.rounding.round_in_place",
    "t2c.golden.arithmetic.mulquant.round_in_place",
    "t2c.golden.arithmetic.softmax.round_in_place",
    "t2c.golden.arithmetic.folded.folded_half",
)
IN_PYTHON = "t2c.golden.arithmetic.rounding.round_integer"
Fault = tuple[tuple[str, ...], Callable[[Any], Any], tuple[str, ...]]
"""What is replaced, by what made of the right one, and the checks that must turn red."""

FAULTS: dict[str, Fault] = {
    "half_up for half_even": (
        ROUND,
        instead(Rounding.HALF_UP, of=Rounding.HALF_EVEN),
        (
            "round_shift/[dln]*",
            "mulquant/[dfqQ]*",
            "residual_add/[Qf]*",
            "residual_add/torch-qint8",
            "*+mulquant/*",
            "softmax/fractions",
        ),
    ),
    "half_up for half_away": (
        ROUND,
        instead(Rounding.HALF_UP, of=Rounding.HALF_AWAY),
        (
            "round_shift/[dln]*",
            "round_shift/gemmlowp-16-bit",
            "mulquant/d*",
            "mulquant/fractions",
            "residual_add/qnnpack",
            "residual_add/fractions",
        ),
    ),
    "half_away for double": (
        (*ROUND, IN_PYTHON),
        instead(Rounding.HALF_AWAY, of=Rounding.DOUBLE),
        ("mulquant/tflite-double", "mulquant/fractions*"),
    ),
    "half_up for double": (
        (*ROUND, IN_PYTHON),
        instead(Rounding.HALF_UP, of=Rounding.DOUBLE),
        ("mulquant/tflite-double", "mulquant/fractions*"),
    ),
    "half_up for half_even beyond int64": (
        (IN_PYTHON,),
        instead(Rounding.HALF_UP, of=Rounding.HALF_EVEN),
        ("mulquant/fractions-wide",),
    ),
    "acc M + B in 64 bits": (
        (IN_PYTHON,),
        lambda right: lambda p, shift, mode: right((p + (1 << 63)) % (1 << 64) - (1 << 63), shift, mode),
        ("mulquant/fractions-wide",),
    ),
    "half_even for half_up": (
        ROUND,
        instead(Rounding.HALF_EVEN, of=Rounding.HALF_UP),
        (
            "round_shift/[dlnt]*",
            "round_shift/gemmlowp-high-mul",
            "mulquant/d*",
            "mulquant/torch",
            "mulquant/tflite",
            "mulquant/tflite-single",
            "residual_add/torch",
            "softmax/torch",
            "softmax/fractions",
        ),
    ),
    "half_away for half_up": (
        ROUND,
        instead(Rounding.HALF_AWAY, of=Rounding.HALF_UP),
        (
            "round_shift/[dlnt]*",
            "round_shift/gemmlowp-high-mul",
            "mulquant/d*",
            "mulquant/torch",
            "mulquant/tflite",
            "mulquant/tflite-single",
            "residual_add/torch",
        ),
    ),
    "floor towards zero": (
        ROUND,
        truncate,
        ("round_shift/[dlnt]*", "mulquant/d*", "mulquant/torch", "residual_add/torch"),
    ),
    "saturation before the zero point": (
        ("t2c.golden.arithmetic.mulquant.OutputStage.place",),
        clipped_before_zero_point,
        (
            "mulquant/*",
            "*+mulquant/Q*",
            "linear+mulquant/qnnpack",
            "conv2d+mulquant/qnnpack",
            "residual_add/[fqt]*",
        ),
    ),
    "padding off by one": (("t2c.golden.arithmetic.conv.conv2d",), shifted_image, ("conv2d[/+][!p]*",)),
    "padding behind the image before it": (
        ("t2c.golden.arithmetic.window.Window.before",),
        lambda _: property(lambda window: tuple(sides[1] for sides in window.pads)),
        ("conv2d/[top]*", "average_pool2d/[tp]*", "max_pool2d/[top]*"),
    ),
    "zero point of a convolution off by one": (
        ("t2c.golden.arithmetic.conv.conv2d",),
        zero_point_off_by_one,
        ("conv2d[/+][!p]*",),
    ),
    "zero point of a linear layer off by one": (
        ("t2c.golden.arithmetic.linear.linear",),
        zero_point_off_by_one,
        ("linear[/+][!p]*",),
    ),
    "zero point of a product off by one": (
        ("t2c.golden.arithmetic.linear.matmul",),
        zero_point_off_by_one,
        ("matmul[/+][!p]*",),
    ),
    "zero point of an average off by one": (
        ("t2c.golden.arithmetic.pooling.average_pool2d",),
        zero_point_off_by_one,
        ("average_pool2d[/+][!p]*",),
    ),
    "zero point of an add off by one": (
        ("t2c.golden.arithmetic.mulquant.residual_add",),
        zero_point_off_by_one,
        ("residual_add/*",),
    ),
    "padding that wins": (
        ("t2c.golden.arithmetic.pooling.lowest",),
        lambda _: lambda dtype: min(1 << 40, np.iinfo(dtype).max),
        ("max_pool2d[/+][!p]*",),
    ),
    "lanes the other way round": (
        ("t2c.golden.rom.words.pack_bytes", "t2c.golden.rom.text.pack_bytes"),
        other_lane_order,
        ("rom/bitstring",),
    ),
    "elements read back unsigned": (
        ("t2c.golden.rom.words._signed",),
        lambda _: lambda raw, layout: raw if layout.wide else raw.astype(np.int64),
        ("rom/*",),
    ),
    "a table addressed by x - lo": (
        ("t2c.golden.arithmetic.pointwise.pointwise",),
        lambda _: lambda x, table, *, signed: table.entries[np.asarray(x) - signed * table.entries.size // 2],
        ("pointwise/[!p]*",),
    ),
    "tables rounded down": (
        ("t2c.golden.arithmetic.lut.round",),
        lambda _: math.floor,
        ("pointwise/QLinearLeakyRelu", "exp_table/*"),
    ),
    "a row without its first element": (
        ("t2c.golden.arithmetic.softmax.softmax",),
        lambda right: lambda x, table: np.concatenate([x[:, :1] * 0, right(x, table)[:, 1:]], axis=1),
        ("softmax/[!p]*",),
    ),
}


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", FAULTS)
def test_a_wrong_golden_turns_its_checks_red(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    places, make, patterns = FAULTS[name]
    for place in places:
        plant(monkeypatch, place, make)
    for check in covered(patterns):
        assert first_mismatch(check).startswith("golden "), check.name


def test_float32_products_beyond_their_bound_turn_the_wide_checks_red(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EXACT, np.float32, 1 << 62)
    for name in ("conv2d/torch", "linear/torch", "matmul/torch"):
        (check,) = covered((name,))
        assert first_mismatch(check).startswith("golden "), name


def batch(golden: Any, stranger: Any) -> Batch:
    return Batch(np.asarray(golden), np.asarray(stranger), lambda index: {"x": index})


@pytest.mark.parametrize(
    ("batches", "message"),
    [
        ([], "void: only 0 values compared"),
        ([batch(np.arange(0), np.arange(0))], "void: only 0 values compared"),
        ([batch([1, 2], [1, 2])], "void: only 2 values compared"),
        ([batch([[1]], [1])], r"shape: golden (1, 1), stranger (1,)"),
        ([batch([1] * 9, [1.0] * 9)], "type: golden int64, stranger float64, not integers"),
        ([batch([1] * 9, [1] * 8 + [2])], "golden 1, stranger 2 at [8]: x = (8,)"),
    ],
)
def test_a_check_that_shows_nothing_fails(batches: list[Batch], message: str) -> None:
    check = Check(name="a", stranger="b", domain="c", batches=lambda rng: iter(batches))
    outcome = run_check(check, cases=9, seed=0)
    assert not outcome.passed
    assert outcome.first == message


def test_a_golden_that_refuses_a_legal_input_is_a_mismatch() -> None:
    def refuse(rng: np.random.Generator) -> Any:
        raise ValueError("x is outside 0..1")
        yield

    outcome = run_check(Check(name="a", stranger="b", domain="c", batches=refuse), cases=1, seed=0)
    assert (outcome.passed, outcome.mismatches, outcome.first) == (False, 1, "ValueError: x is outside 0..1")


def test_a_mismatch_is_reported_with_its_replay_and_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plant(monkeypatch, "t2c.golden.arithmetic.linear.linear", zero_point_off_by_one)
    assert command.main(["--only", "linear/torch", "--cases", "1000", "--seed", "7"]) == 1
    shown = capsys.readouterr().out
    assert "  golden " in shown
    assert "  replay: make oracle ONLY='linear/torch' SEED=7 CASES=1000" in shown
    assert shown.endswith("verdict  FAIL\n")
    monkeypatch.undo()
    assert command.main(["--only", "linear/torch", "--cases", "1000", "--seed", "7"]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--cases", "0"], "cases = 0 is not positive"),
        (["--seed", "-1"], "seed = -1 is negative"),
        (["--only", "conv3d*"], r"only = 'conv3d\*' matches no check; there are .*conv2d/torch"),
    ],
)
def test_bad_arguments_are_refused(arguments: list[str], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        command.main(arguments)


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("m", "shift", "half_away", "single"),
    [
        (1 << 30, -1, 8192, 16384),
        (1518500250, -4, 2046, 2046),
        (1518500250, -8, 134, 134),
        ((1 << 31) - 1, -1, 32768, 32768),
    ],
)
def test_how_often_rounding_twice_differs_from_rounding_once(m: int, shift: int, half_away: int, single: int) -> None:
    """TFLite's older rule against golden's half_away, and against its newer rule, for every 16-bit accumulator."""
    accumulators = range(-(1 << 15), 1 << 15)
    twice = [multiply_by_quantized_multiplier(x, m, shift) for x in accumulators]
    away = [plain.round_shift(x * m, 31 - shift, "half_away") for x in accumulators]
    assert sum(a != b for a, b in zip(twice, away, strict=True)) == half_away
    assert sum(a != single_rounding(x, m, shift) for a, x in zip(twice, accumulators, strict=True)) == single
