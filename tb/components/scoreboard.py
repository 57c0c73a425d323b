"""A scoreboard that demands the exact number of comparisons and no leftovers, and says which inputs are wrong."""

from __future__ import annotations

import functools
import os
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import cocotb_bus.scoreboard
import numpy as np

from t2c.tb.components.bench_report import Findings, add_test
from t2c.tb.components.bins import BoolArray, Coverage
from t2c.tb.components.explain import explain_all, shifted
from t2c.tb.components.inputs import Inputs, flat

SHOWN = 8
STOP_AT_MISMATCH = "T2C_STOP_AT_MISMATCH"
"""Environment variable: end a test at its first mismatch, for who only asks whether there is one."""
Lanes = Callable[[Any, Any], Sequence[bool]]
"""Which lanes of (expected, actual) differ; one input each."""


class ComparisonsFailed(AssertionError):
    """Results differ; the message counts and names them."""


class Scoreboard(cocotb_bus.scoreboard.Scoreboard):
    """cocotb-bus's scoreboard, with its silent ends closed.

    The original passes when nothing is expected, and its `result` ends the test on the spot. Here `finish` is called
    with the number of comparisons that must have happened.

    describe: text for (comparison number, expected, actual), for a report that names the vector; inputs: classes of
    what is compared, in the order of the comparisons; lanes: which of an input's rows are wrong, all if there is none;
    slips: lines that say which slip in a description makes all of the wrong results, once some are.
    """

    def __init__(
        self,
        dut: Any,
        describe: Callable[[int, Any, Any], str],
        inputs: Inputs | None = None,
        lanes: Lanes = lambda expected, actual: [expected != actual],
        slips: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        super().__init__(dut, fail_immediately=False)
        self.describe = describe
        self.inputs = inputs or Inputs(Coverage())
        self.lanes, self.slips = lanes, slips
        self.compared = 0
        self.failed = 0
        self.mismatches: list[str] = []
        self._pairs: list[tuple[Any, Any]] = []
        _open.append(self)

    def compare(self, got: Any, exp: Any, log: Any, strict_type: bool = True) -> None:
        """Count one comparison; equality is ==."""
        if got != exp:
            self.errors += 1
            self.failed += 1
            if len(self.mismatches) < SHOWN:
                self.mismatches.append(self.describe(self.compared, exp, got))
                log.error(self.mismatches[-1])
        self.compared += 1
        self._pairs.append((exp, got))
        if self.failed and os.environ.get(STOP_AT_MISMATCH):
            raise ComparisonsFailed(self.mismatches[0])

    def finish(self, wanted: int) -> None:
        """End of test.

        Raises:
            AssertionError: nothing was wanted, the count differs, something is left over, or anything differed.
        """
        assert wanted > 0, "no comparisons were wanted; such a test proves nothing"
        left = sum(len(queue) for queue in self.expected.values())
        surprises = self.errors - self.failed
        if self.failed:
            raise ComparisonsFailed(
                f"{self.failed} of {self.compared} comparisons failed: {'; '.join(self.mismatches)}"
            )
        assert surprises == 0, f"{surprises} transactions came that nobody expected"
        assert self.compared == wanted, f"{self.compared} comparisons happened, {wanted} were wanted"
        assert left == 0, f"{left} expected transactions never came"

    def compared_pairs(self) -> list[tuple[Any, Any]]:
        """(expected, actual) of every comparison so far."""
        return list(self._pairs)

    def shift(self) -> str | None:
        """One line if a lost or an extra result explains what differs; of several streams nobody knows which it was."""
        if len(self.expected) != 1:
            return None
        (queue,) = self.expected.values()
        expected, actual = ([pair[side] for pair in self._pairs] for side in (0, 1))
        return shifted([*expected, *queue], actual)

    def wrong(self) -> BoolArray:
        """Which inputs of the comparisons so far gave a wrong result."""
        same = [False] * self.inputs.rows
        rows = [self.lanes(*pair) if pair[0] != pair[1] else same for pair in self._pairs]
        return np.array(rows, dtype=bool).reshape(-1)

    def report(self, test: str, error: str = "") -> None:
        """Write the test's part of report.json into the folder of the run."""
        classes = self.inputs.compared(self.compared)
        line = self.shift()
        if line:
            _shifts.append(f"{test}: {line}")
        elif classes:
            _compared.append((flat(classes), self.wrong()))
        findings = Findings(
            compared=self.compared,
            failed=self.failed,
            error=error,
            mismatches=tuple(self.mismatches),
        )
        self.inputs.count(classes)
        slips = self.slips()
        add_test(Path.cwd(), test, findings, slips or [*_shifts, *explain_all(_compared)], self.inputs.coverage)


_open: list[Scoreboard] = []
"""Scoreboards of the test that runs; cocotb runs one at a time."""
_shifts: list[str] = []
_compared: list[tuple[dict[str, BoolArray], BoolArray]] = []
"""What the tests of this simulation have found so far: shifted streams; classes of the inputs and which were wrong."""


def reported(test: Callable[..., Awaitable[None]]) -> Callable[..., Coroutine[Any, Any, None]]:
    """Write report.json however a cocotb test ends: by itself, by a failure, or by a check in the background."""

    @functools.wraps(test)
    async def run(dut: Any) -> None:
        _open.clear()
        error = ""
        try:
            await test(dut)
        except ComparisonsFailed:
            raise
        except BaseException as cause:
            error = f"{type(cause).__name__}: {cause}".splitlines()[0]
            raise
        finally:
            for scoreboard in _open:
                try:
                    scoreboard.report(test.__name__, error)
                except Exception:  # what ended the test is what has to be read, not what came of it
                    if not error:
                        raise

    return run
