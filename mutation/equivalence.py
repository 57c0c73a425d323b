"""Is a mutant the same unit? Proven by induction over what the registers of both have in common, or refuted by a trace.

Both copies are the one netlist, its control input at 0 and at n, under the same inputs, powered up with the same
unknown values. A set of relations between the copies, "this register bit agrees" or "it agrees while that one-bit
register is 0 (or 1)", shrinks until every step keeps it. If the outputs agree wherever the relations hold, they always
do (van Eijk, "Sequential equivalence checking based on structural similarities", IEEE TCAD 19(7), 2000). The payload of
a stream counts while it is valid, that of a memory's write port while it writes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import bitwuzla

from mutation.result import EQUIVALENT, SURVIVED, UNKNOWN
from mutation.transition import TransitionSystem

DEPTH = 8
"""Cycles after a reset within which a difference is looked for."""
LIMIT_S = 60
"""For one question to the solver."""
_PAYLOADS = (
    (re.compile(r"(.*_axis)_t(?:data|last|user|keep)_([io])"), r"\1_tvalid_\2"),
    (re.compile(r"(.*\.)w(?:addr|data)_i"), r"\1we_i"),
)


@dataclass(frozen=True, kw_only=True)
class Relation:
    """A register bit agrees in both copies: always, or while a one-bit register of the original has a value."""

    register: str
    bit: int
    guard: str = ""
    value: int = 0


@dataclass(frozen=True, kw_only=True)
class Answer:
    """EQUIVALENT, SURVIVED (a trace shows a difference) or UNKNOWN, and why."""

    verdict: str
    reason: str


class GaveUp(Exception):
    """The solver reached its limit."""


class _Solver:
    """Bitwuzla with the definitions of a system."""

    def __init__(self, system: TransitionSystem) -> None:
        options = bitwuzla.Options()
        options.set(bitwuzla.Option.PRODUCE_MODELS, True)
        options.set(bitwuzla.Option.TIME_LIMIT_PER, 1000 * LIMIT_S)
        self.parser = bitwuzla.Parser(bitwuzla.TermManager(), options)
        self.say(system.text)
        self.solver = self.parser.bitwuzla()

    def say(self, text: str) -> None:
        self.parser.parse(text, False, False)

    def declare(self, name: str, bits: int) -> str:
        self.say(f"(declare-const |{name}| (_ BitVec {bits}))")
        return f"|{name}|"

    def define(self, name: str, bits: int, term: str) -> None:
        self.say(f"(define-fun {name} () (_ BitVec {bits}) {term})")

    def satisfiable(self, formula: str) -> bool:
        answer = self.solver.check_sat(self.parser.parse_term(formula))
        if answer == bitwuzla.Result.UNKNOWN:
            raise GaveUp
        return answer == bitwuzla.Result.SAT

    def value(self, term: str) -> int:
        """Of a bit vector, in the model that was found last."""
        return int(self.solver.get_value(self.parser.parse_term(term)).value(2), 2)


@dataclass(frozen=True, kw_only=True)
class Equivalence:
    """The question for a netlist of mutants.

    system: the netlist; select: its control input; assumptions: about the inputs, SMT-LIB formulae in the names of the
    ports, true in every cycle.

    Raises:
        ValueError: the netlist does not have that control input in one piece.
    """

    system: TransitionSystem
    select: str
    assumptions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.system.free.get(self.select) != self.system.inputs.get(self.select, 0):
            raise ValueError(f"{self.select} is no control input of this netlist")

    def check(self, number: int) -> Answer:
        """Compare a mutant with the original."""
        try:
            kept = self._induction(number)
            if kept is not None:
                return Answer(verdict=EQUIVALENT, reason=self._summary(kept))
            return self._difference(number)
        except GaveUp:
            return Answer(verdict=UNKNOWN, reason=f"the solver gave up after {LIMIT_S} s")

    def _both(self, solver: _Solver, cycle: int, number: int, left: dict[str, str], right: dict[str, str]) -> None:
        """Define the states aCYCLE and bCYCLE of the original and the mutant from their registers."""
        system = self.system
        bits = system.inputs[self.select]
        free = {name: solver.declare(f"{name} {cycle}", size) for name, size in system.free.items()}
        for state, registers, value in ((f"a{cycle}", left, 0), (f"b{cycle}", right, number)):
            chosen = {self.select: f"(_ bv{value} {bits})"}
            solver.define(state, system.bits, system.state({**registers, **free, **chosen}))
        for assumption in self.assumptions:
            solver.say(f"(assert {self._of_state(assumption, f'a{cycle}')})")

    def _of_state(self, formula: str, state: str) -> str:
        """A formula in the names of inputs, in a state."""
        names = "|".join(map(re.escape, self.system.inputs))
        return re.sub(rf"\b({names})\b", lambda found: f"(|port {found[0]}| {state})", formula)

    def _outputs_agree(self, cycle: int) -> str:
        outputs = self.system.outputs
        terms = []
        for name in outputs:
            term = f"(= (|port {name}| a{cycle}) (|port {name}| b{cycle}))"
            for pattern, valid in _PAYLOADS:
                found = pattern.fullmatch(name)
                if found and found.expand(valid) in outputs:
                    term = f"(=> (= (|port {found.expand(valid)}| a{cycle}) #b1) {term})"
            terms.append(term)
        return f"(and true {' '.join(terms)})"

    def _induction(self, number: int) -> list[Relation] | None:
        """The relations that every step keeps and that make the outputs agree; None if there are none such."""
        registers = self.system.registers
        flags = [name for name, bits in registers.items() if bits == 1]
        relations = [Relation(register=name, bit=bit) for name, bits in registers.items() for bit in range(bits)]
        while True:
            solver = _Solver(self.system)
            left = {name: solver.declare(f"{name} a", bits) for name, bits in registers.items()}
            right = self._mutant_registers(solver, relations, left)
            self._both(solver, 0, number, left, right)
            for relation in relations:
                if relation.guard:
                    solver.say(f"(assert {_holds(relation, left, right)})")
            following = [{name: f"(|next {name}| {state})" for name in registers} for state in ("a0", "b0")]
            agree = self._outputs_agree(0)
            wanted = " ".join(_holds(relation, *following) for relation in relations)
            if not solver.satisfiable(f"(not (and {agree} {wanted}))"):
                return relations
            if not solver.value(f"(ite {agree} #b1 #b0)"):
                return None
            # Evaluated word by word: a term for every bit takes the solver much longer.
            a, b = ({name: solver.value(term) for name, term in side.items()} for side in following)
            shrunk = []
            for relation in relations:
                if _true(relation, a, b):
                    shrunk.append(relation)
                elif not relation.guard:
                    weaker = (
                        Relation(register=relation.register, bit=relation.bit, guard=guard, value=value)
                        for guard in flags
                        for value in (0, 1)
                        if guard != relation.register
                    )
                    shrunk += [candidate for candidate in weaker if _true(candidate, a, b)]
            relations = shrunk

    def _mutant_registers(self, solver: _Solver, relations: Sequence[Relation], left: dict[str, str]) -> dict[str, str]:
        """The mutant's registers: the original's bits where they always agree, unknown ones elsewhere."""
        shared = {(relation.register, relation.bit) for relation in relations if not relation.guard}
        right = {}
        for name, bits in self.system.registers.items():
            free = [bit for bit in range(bits) if (name, bit) not in shared]
            if not free:
                right[name] = left[name]
                continue
            own = solver.declare(f"{name} b", bits)
            picked = (
                f"((_ extract {bit} {bit}) {own if bit in free else left[name]})" for bit in reversed(range(bits))
            )
            right[name] = f"(concat {' '.join(picked)})" if bits > 1 else own
        return right

    def _summary(self, relations: Sequence[Relation]) -> str:
        always = sum(not relation.guard for relation in relations)
        weaker = len({(relation.register, relation.bit) for relation in relations if relation.guard})
        total = sum(self.system.registers.values())
        if always == total:
            return f"all {total} register bits always agree"
        return f"{always} of {total} register bits always agree, {weaker} while they count"

    def _difference(self, number: int) -> Answer:
        """Look for a trace from power-up through a reset to outputs that differ."""
        registers = self.system.registers
        solver = _Solver(self.system)
        left = right = {name: solver.declare(f"{name} a", bits) for name, bits in registers.items()}
        for cycle in range(DEPTH + 1):
            self._both(solver, cycle, number, left, right)
            if cycle == 0:
                solver.say("(assert (= (|port rst_ni| a0) #b0))")
            elif solver.satisfiable(f"(not {self._outputs_agree(cycle)})"):
                return Answer(verdict=SURVIVED, reason=self._trace(solver, cycle))
            left, right = ({name: f"(|next {name}| {s}{cycle})" for name in registers} for s in "ab")
        return Answer(verdict=UNKNOWN, reason=f"no proof, and no difference within {DEPTH} cycles after a reset")

    def _trace(self, solver: _Solver, last: int) -> str:
        """Outputs that differ in the last cycle, and the inputs of every cycle."""
        pairs = [
            (name, *(solver.value(f"(|port {name}| {state}{last})") for state in "ab")) for name in self.system.outputs
        ]
        differ = ", ".join(f"{name} = {a:#x}, mutant {b:#x}" for name, a, b in pairs if a != b)
        names = [name for name in self.system.inputs if name not in ("clk_i", self.select)]
        cycles = (
            f"cycle {cycle}: " + " ".join(f"{name}={solver.value(f'(|port {name}| a{cycle})'):#x}" for name in names)
            for cycle in range(last + 1)
        )
        return "; ".join([f"after {last} cycles {differ}", *cycles])


def _holds(relation: Relation, left: dict[str, str], right: dict[str, str]) -> str:
    """The relation between two sets of registers, as a formula."""
    bit = f"(_ extract {relation.bit} {relation.bit})"
    same = f"(= ({bit} {left[relation.register]}) ({bit} {right[relation.register]}))"
    return f"(=> (= {left[relation.guard]} #b{relation.value}) {same})" if relation.guard else same


def _true(relation: Relation, left: dict[str, int], right: dict[str, int]) -> bool:
    """The relation between two sets of known values."""
    if relation.guard and left[relation.guard] != relation.value:
        return True
    return not (left[relation.register] ^ right[relation.register]) >> relation.bit & 1
