"""Bitwuzla with the definitions of a transition system, and states of that system by name."""

from __future__ import annotations

from collections.abc import Mapping

import bitwuzla

from mutation.transition import TransitionSystem
from t2c.common.time_limit import scaled

LIMIT_S = 60
"""For one question, on a quiet machine."""


class GaveUp(Exception):
    """The solver reached its limit."""

    def __init__(self, limit_s: int = LIMIT_S) -> None:
        super().__init__(f"the solver gave up after {limit_s} s or, on a loaded machine, more")


class Solver:
    """A question about states of a system, some of which follow from others.

    Args:
        system: a netlist of mutants.
        select: its control input.
        limit_s: for one question, on a quiet machine.
    """

    def __init__(self, system: TransitionSystem, select: str, limit_s: int = LIMIT_S) -> None:
        options = bitwuzla.Options()
        options.set(bitwuzla.Option.PRODUCE_MODELS, True)
        options.set(bitwuzla.Option.TIME_LIMIT_PER, round(1000 * scaled(limit_s)))
        self._parser = bitwuzla.Parser(bitwuzla.TermManager(), options)
        self._system, self._select, self._limit_s = system, select, limit_s
        self._say(system.text)
        self._solver = self._parser.bitwuzla()

    def _say(self, text: str) -> None:
        self._parser.parse(text, False, False)

    def declare(self, name: str, bits: int) -> str:
        """An unknown value."""
        self._say(f"(declare-const |{name}| (_ BitVec {bits}))")
        return f"|{name}|"

    def registers(self, name: str) -> dict[str, str]:
        """Unknown values of all registers."""
        return {register: self.declare(f"{register} {name}", n) for register, n in self._system.registers.items()}

    def inputs(self, name: str) -> dict[str, str]:
        """Unknown values of all inputs."""
        return {port: self.declare(f"{port} {name}", bits) for port, bits in self._system.free.items()}

    def state(self, name: str, registers: Mapping[str, str], inputs: Mapping[str, str], number: int) -> str:
        """Define a state with these values, in which a mutant is active (0: none)."""
        chosen = {self._select: f"(_ bv{number} {self._system.inputs[self._select]})"}
        bits = self._system.bits
        self._say(f"(define-fun {name} () (_ BitVec {bits}) {self._system.state({**registers, **inputs, **chosen})})")
        return name

    def following(self, state: str) -> dict[str, str]:
        """The registers in the next cycle."""
        return {register: f"(|next {register}| {state})" for register in self._system.registers}

    def require(self, formula: str) -> None:
        """From here on the formula is true."""
        self._say(f"(assert {formula})")

    def satisfiable(self, formula: str, *assumed: str) -> bool:
        """Can the formula be true, under what is assumed for this question?

        Raises:
            GaveUp: no answer in time.
        """
        answer = self._solver.check_sat(*map(self._parser.parse_term, (formula, *assumed)))
        if answer == bitwuzla.Result.UNKNOWN:
            raise GaveUp(self._limit_s)
        return bool(answer == bitwuzla.Result.SAT)

    def value(self, term: str) -> int:
        """Of a bit vector, in the model that was found last."""
        return int(self._solver.get_value(self._parser.parse_term(term)).value(2), 2)
