"""The scoreboard has no silent end: leftovers, surprises, wrong counts and empty tests all fail."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from cocotb_bus.monitors import Monitor

from t2c.tb.components.bench_report import read_report
from t2c.tb.components.bins import Classes, Coverage, stall_pairs
from t2c.tb.components.inputs import Inputs
from t2c.tb.components.scoreboard import SHOWN, Scoreboard, reported
from t2c.tb.units.mulquant.classes import crosses


class Stream(Monitor):
    """A monitor that a test feeds by hand, where a bench's has a simulator."""

    def __init__(self) -> None:
        self.name = "stream"
        self.log = logging.getLogger("stream")
        self._callbacks = []

    def come(self, *transactions: int) -> None:
        for transaction in transactions:
            for callback in self._callbacks:
                callback(transaction)


@pytest.fixture
def stream() -> Stream:
    return Stream()


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def board(stream: Stream, *expected: int) -> Scoreboard:
    def describe(index: int, wanted: int, came: int) -> str:
        return f"vector {index}: {wanted} != {came}"

    made = Scoreboard(SimpleNamespace(_name="dut"), describe)
    made.add_interface(stream, list(expected))
    return made


def test_what_was_expected_passes(stream: Stream) -> None:
    scoreboard = board(stream, 1, 2, 3)
    stream.come(1, 2, 3)
    scoreboard.finish(3)
    assert scoreboard.compared == 3


def test_a_difference_fails_and_is_described(stream: Stream) -> None:
    scoreboard = board(stream, 1, 2, 3)
    stream.come(1, 7, 3)
    with pytest.raises(AssertionError, match="1 of 3 comparisons failed: vector 1: 2 != 7"):
        scoreboard.finish(3)


def test_order_matters(stream: Stream) -> None:
    scoreboard = board(stream, 1, 2)
    stream.come(2, 1)
    with pytest.raises(AssertionError, match="2 of 2 comparisons failed"):
        scoreboard.finish(2)


def test_leftovers_fail(stream: Stream) -> None:
    scoreboard = board(stream, 1, 2, 3)
    stream.come(1, 2)
    with pytest.raises(AssertionError, match="1 expected transactions never came"):
        scoreboard.finish(2)


def test_too_few_comparisons_fail(stream: Stream) -> None:
    scoreboard = board(stream, 1, 2)
    stream.come(1, 2)
    with pytest.raises(AssertionError, match="2 comparisons happened, 3 were wanted"):
        scoreboard.finish(3)


def test_nothing_at_all_fails(stream: Stream) -> None:
    """cocotb-bus's own check passes here."""
    scoreboard = board(stream)
    with pytest.raises(AssertionError, match="0 comparisons happened, 1 were wanted"):
        scoreboard.finish(1)


@pytest.mark.parametrize("wanted", [0, -1])
def test_wanting_nothing_fails(wanted: int, stream: Stream) -> None:
    with pytest.raises(AssertionError, match="no comparisons were wanted; such a test proves nothing"):
        board(stream).finish(wanted)


def test_a_transaction_that_nobody_expects_fails(stream: Stream) -> None:
    scoreboard = board(stream, 1)
    stream.come(1, 2)
    with pytest.raises(AssertionError, match="1 transactions came that nobody expected"):
        scoreboard.finish(1)


def test_the_report_shows_a_few_and_counts_all(stream: Stream) -> None:
    scoreboard = board(stream, *range(100))
    stream.come(*range(1, 101))
    with pytest.raises(AssertionError, match="100 of 100 comparisons failed") as caught:
        scoreboard.finish(100)
    assert str(caught.value).count("vector") == SHOWN


def test_two_streams_are_kept_apart(stream: Stream) -> None:
    other, scoreboard = Stream(), board(stream, 1, 2)
    scoreboard.add_interface(other, [5])
    stream.come(1)
    other.come(5)
    stream.come(2)
    scoreboard.finish(3)


@pytest.mark.parametrize("pairs", [crosses, stall_pairs])
def test_what_ends_a_test_before_its_first_input_is_what_is_reported(
    pairs: Callable[[Classes], Classes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Crosses of classes that no input has are no KeyError in its place."""
    monkeypatch.chdir(tmp_path)

    @reported
    async def bench(dut: object) -> None:
        Scoreboard(SimpleNamespace(_name="dut"), str, Inputs(Coverage(), pairs))
        raise ValueError("the bench's own")

    with pytest.raises(ValueError, match="the bench's own"):
        asyncio.run(bench(None))
    assert read_report(tmp_path).tests["bench"].error == "ValueError: the bench's own"


def test_a_report_that_cannot_be_written_does_not_hide_what_ended_the_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "report.json").mkdir()

    @reported
    async def bench(dut: object) -> None:
        Scoreboard(SimpleNamespace(_name="dut"), str)
        if dut:
            raise ValueError("the bench's own")

    with pytest.raises(ValueError, match="the bench's own"):
        asyncio.run(bench(True))
    with pytest.raises(OSError, match=r"report\.json"):
        asyncio.run(bench(False))
