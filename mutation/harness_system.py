"""The harness of a proof around the netlist of all mutants, as a question for the solver."""

from __future__ import annotations

import re

import bitwuzla

from mutation.netlist import SELECT
from t2c.common.time_limit import scaled

LIMIT_S = 5
"""Seconds for each question on a quiet machine."""


class HarnessSystem:
    """A harness, unrolled for some cycles, in which the number of the mutant is a free constant.

    Args:
        text: what Yosys' `write_smt2 -stbv -wires` wrote of the harness.
        cycles: for how many.
        from_reset: the first is the initial state; else any.

    Raises:
        ValueError: there is no number of a mutant in it.
    """

    def __init__(self, text: str, cycles: int, *, from_reset: bool) -> None:
        options = bitwuzla.Options()
        options.set(bitwuzla.Option.PRODUCE_MODELS, True)
        options.set(bitwuzla.Option.TIME_LIMIT_PER, round(1000 * scaled(LIMIT_S)))
        self._parser = bitwuzla.Parser(bitwuzla.TermManager(), options)
        self._cycles = cycles
        wire = re.search(rf"^; yosys-smt2-(?:wire|register) (\S*{SELECT}) (\d+)$", text, re.MULTILINE)
        module = re.search(r"^\(define-sort \|(.*)_s\| \(\) \(_ BitVec (\d+)\)\)$", text, re.MULTILINE)
        if not wire or not module:
            raise ValueError(f"no {SELECT} in what Yosys wrote")
        self._width, name = int(wire[2]), module[1]
        self._say(text)
        for cycle in range(cycles):
            self._say(f"(declare-const s{cycle} (_ BitVec {module[2]}))")
            self._say(f"(assert (and (|{name}_u| s{cycle}) (|{name}_h| s{cycle})))")
            if cycle:
                self._say(f"(assert (|{name}_t| s{cycle - 1} s{cycle}))")
        if from_reset:
            self._say(f"(assert (|{name}_i| s0))")
        self._number = f"(|{name}_n {wire[1]}| s0)"
        self._holds = [f"(|{name}_a| s{cycle})" for cycle in range(cycles)]
        self._solver = self._parser.bitwuzla()

    def _say(self, text: str) -> None:
        self._parser.parse(text, False, False)

    def _can_fail(self, number: int, cycle: int) -> bitwuzla.Result:
        """An assertion in this cycle, while all hold in those before it."""
        chosen = f"(= {self._number} (_ bv{number} {self._width}))"
        if self._width == 1:
            chosen = self._number if number else f"(not {self._number})"
        terms = (chosen, *self._holds[:cycle], f"(not {self._holds[cycle]})")
        return self._solver.check_sat(*map(self._parser.parse_term, terms))

    def first_failure(self, number: int) -> int:
        """The first cycle, from 1, in which an assertion can fail with this mutant; 0 if none was found in time."""
        for cycle in range(self._cycles):
            answer = self._can_fail(number, cycle)
            if answer == bitwuzla.Result.SAT:
                return cycle + 1
            if answer == bitwuzla.Result.UNKNOWN:
                break
        return 0

    def step_fails(self, number: int) -> bool:
        """Whether an assertion can fail in the last cycle though all hold in those before it."""
        return bool(self._can_fail(number, self._cycles - 1) == bitwuzla.Result.SAT)
