"""A scoreboard that demands the exact number of comparisons and no leftovers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cocotb_bus.scoreboard

SHOWN = 8


class Scoreboard(cocotb_bus.scoreboard.Scoreboard):
    """cocotb-bus's scoreboard, with its silent ends closed.

    The original passes when nothing is expected, and its `result` ends the test on the spot. Here `finish` is called
    with the number of comparisons that must have happened.

    describe: text for (comparison number, expected, actual), for a report that names the vector.
    """

    def __init__(self, dut: Any, describe: Callable[[int, Any, Any], str]) -> None:
        super().__init__(dut, fail_immediately=False)
        self.describe = describe
        self.compared = 0
        self.failed = 0
        self.mismatches: list[str] = []

    def compare(self, got: Any, exp: Any, log: Any, strict_type: bool = True) -> None:
        """Count one comparison; equality is ==."""
        if got != exp:
            self.errors += 1
            self.failed += 1
            if len(self.mismatches) < SHOWN:
                self.mismatches.append(self.describe(self.compared, exp, got))
                log.error(self.mismatches[-1])
        self.compared += 1

    def finish(self, wanted: int) -> None:
        """End of test.

        Raises:
            AssertionError: nothing was wanted, the count differs, something is left over, or anything differed.
        """
        assert wanted > 0, "no comparisons were wanted; such a test proves nothing"
        left = sum(len(queue) for queue in self.expected.values())
        surprises = self.errors - self.failed
        assert self.failed == 0, f"{self.failed} of {self.compared} comparisons failed: {'; '.join(self.mismatches)}"
        assert surprises == 0, f"{surprises} transactions came that nobody expected"
        assert self.compared == wanted, f"{self.compared} comparisons happened, {wanted} were wanted"
        assert left == 0, f"{left} expected transactions never came"
