"""TOSA's reference model in short: a sample of its tests agrees with golden; a wrong golden turns each check red."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oracle import __main__ as command
from oracle.check import Batch, Check, CheckOutcome, NotApplicable, run_check
from oracle.tosa import environment
from oracle.tosa.checks import checks
from t2c.common.errors import UserError
from t2c.golden.arithmetic.rounding import Rounding
from tests.oracle.planting import plant
from tests.oracle.test_oracle import (
    IN_PYTHON,
    ROUND,
    Fault,
    clipped_before_zero_point,
    instead,
    shifted_image,
    zero_point_off_by_one,
)

CHECKS = checks("sample")
with_tools = pytest.mark.skipif(
    environment.version() == "absent", reason=f"no TOSA tools in {environment.HOME}: make setup-test says why"
)


def short(check: Check) -> CheckOutcome:
    """A sample of the suite, the same for all tests here, or some graphs."""
    return run_check(check, cases=48_000, seed=3)


def one_step_on(right: Any) -> Any:
    """A golden whose inputs are one higher, but for the highest."""
    return lambda x, table, fmt: right(np.minimum(np.asarray(x) + 1, fmt.hi), table, fmt)


FAULTS: dict[str, Fault] = {
    "an image one pixel off": (
        ("t2c.golden.arithmetic.conv.conv2d",),
        shifted_image,
        ("conv2d/tosa*",),
    ),
    "padding behind the image before it": (
        ("t2c.golden.arithmetic.window.Window.before",),
        lambda _: property(lambda window: tuple(sides[1] for sides in window.pads)),
        ("conv2d*/tosa*", "average_pool2d/tosa", "max_pool2d/tosa"),
    ),
    "zero point of a convolution off by one": (
        ("t2c.golden.arithmetic.conv.conv2d",),
        zero_point_off_by_one,
        ("conv2d/tosa*",),
    ),
    "zero point of a linear layer off by one": (
        ("t2c.golden.arithmetic.linear.linear",),
        zero_point_off_by_one,
        ("linear/tosa",),
    ),
    "zero point of a product off by one": (
        ("t2c.golden.arithmetic.linear.matmul",),
        zero_point_off_by_one,
        ("matmul/tosa*",),
    ),
    "zero point of an average off by one": (
        ("t2c.golden.arithmetic.pooling.average_pool2d",),
        zero_point_off_by_one,
        ("average_pool2d/tosa",),
    ),
    "zero point of an add off by one": (
        ("t2c.golden.arithmetic.mulquant.residual_add",),
        zero_point_off_by_one,
        ("residual_add/tosa",),
    ),
    "half_away for half_up": (
        ROUND,
        instead(Rounding.HALF_AWAY, of=Rounding.HALF_UP),
        ("residual_add/tosa", "conv2d+mulquant/tosa", "interpolate/tosa"),
    ),
    "floor for half_up": (
        ROUND,
        instead(Rounding.FLOOR, of=Rounding.HALF_UP),
        ("mulquant/tosa", "average_pool2d/tosa"),
    ),
    "half_up for double": (
        (*ROUND, IN_PYTHON),
        instead(Rounding.HALF_UP, of=Rounding.DOUBLE),
        ("mulquant/tosa", "residual_add/tosa", "conv2d+mulquant/tosa"),
    ),
    "saturation before the zero point": (
        ("t2c.golden.arithmetic.mulquant.OutputStage.place",),
        clipped_before_zero_point,
        ("mulquant/tosa", "average_pool2d/tosa", "*+*/tosa", "interpolate/tosa", "residual_add/tosa"),
    ),
    "a maximum that padding wins": (
        ("t2c.golden.arithmetic.pooling.lowest",),
        lambda _: lambda dtype: np.iinfo(dtype).max,
        ("max_pool2d/tosa",),
    ),
    "a table addressed by x - lo": (
        ("t2c.golden.arithmetic.pointwise.pointwise",),
        lambda _: lambda x, table, *, signed: table.entries[np.asarray(x, np.int64) + 128],
        ("table/tosa",),
    ),
    "an interpolation one step on": (
        ("t2c.golden.arithmetic.interpolation.interpolate",),
        one_step_on,
        ("table/tosa", "interpolate/tosa"),
    ),
}


def covered(patterns: tuple[str, ...]) -> list[Check]:
    """The checks that any of the patterns names; each names one."""
    assert all(any(fnmatchcase(check.name, pattern) for check in CHECKS) for pattern in patterns)
    return [check for check in CHECKS if any(fnmatchcase(check.name, pattern) for pattern in patterns)]


@pytest.mark.sample(3)
@with_tools
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_golden_agrees_with_the_reference_model(check: Check) -> None:
    outcome = short(check)
    assert outcome.passed, outcome.first
    assert outcome.batches


@pytest.mark.sample(3)
@with_tools
@pytest.mark.parametrize("name", FAULTS)
def test_a_wrong_golden_turns_its_checks_red(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    places, make, patterns = FAULTS[name]
    for place in places:
        plant(monkeypatch, place, make)
    for check in covered(patterns):
        assert short(check).first.startswith("golden "), check.name


def test_every_check_was_seen_red() -> None:
    assert set(covered(tuple(pattern for fault in FAULTS.values() for pattern in fault[2]))) == set(CHECKS)


@with_tools
def test_what_the_generator_refuses_is_one_line() -> None:
    with pytest.raises(UserError, match=r"^TOSA: the suite has no operator conv9d$"):
        environment.generated("conv9d", 1, "sample")


def test_absent_tools_fail_their_checks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(environment, "HOME", tmp_path)
    outcomes = [run_check(check, cases=1, seed=1 << 20) for check in checks("whole")]
    assert not any(outcome.passed for outcome in outcomes)
    wanted = f"no TOSA tools in {tmp_path}: make setup-test installs them if there is a wheel for this machine"
    assert {outcome.first for outcome in outcomes} == {f"UserError: {wanted}"}
    assert {outcome.check.stranger for outcome in outcomes} == {"TOSA reference model absent"}


def test_what_is_not_applicable_is_counted_by_reason() -> None:
    values, wide = np.arange(3), NotApplicable("too wide")
    made = [wide, Batch(values, values, lambda index: {}), wide, NotApplicable("odd")]
    check = Check(name="a", stranger="b", domain="c", batches=lambda _: iter(made), exhaustive=True, noun="tests")
    outcome = run_check(check, cases=1, seed=0)
    assert (outcome.passed, outcome.compared, outcome.batches) == (True, 3, 1)
    assert command.tally(outcome) == ["1 tests compared, 3 not applicable", "  1: odd", "  2: too wide"]
    assert "generated" in command.row(outcome)


def test_a_check_of_what_is_not_applicable_alone_is_void() -> None:
    check = Check(name="a", stranger="b", domain="c", batches=lambda _: iter([NotApplicable("odd")]), exhaustive=True)
    outcome = run_check(check, cases=1, seed=0)
    assert (outcome.passed, outcome.first) == (False, "void: only 0 values compared")
