"""Is a mutant the same unit? Proven by induction over what the registers of both have in common, or refuted by a trace.

Both copies are the one netlist, its control input at 0 and at n, under the same inputs, powered up with the same
unknown values. A set of relations between the copies, "this register bit agrees" or "it agrees while that small
register has this value", shrinks until every step keeps it. If the outputs agree wherever the relations hold, they
always do (van Eijk, "Sequential equivalence checking based on structural similarities", IEEE TCAD 19(7), 2000). The
payload of a stream counts while it is valid, that of a memory's write port while it writes.

Where that fails, the unit's invariants help. They hold after a reset only, so the relations must then hold in the cycle
after any reset, and be kept by every step from a state in which the unit's invariants hold. What the unit does to its
memories in the cycle of that reset must agree too.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mutation.invariants import all_hold, prove_invariants
from mutation.mutant_result import EQUIVALENT, SURVIVED, UNKNOWN
from mutation.solver import LIMIT_S, GaveUp, Solver
from mutation.transition import TransitionSystem

Values = tuple[dict[str, int], dict[str, int]]
"""Registers of the original and of the mutant."""
_MEMORY_PIN = "."
"""In the name of an output that drives a memory, INSTANCE.PORT."""
_PAYLOADS = (
    (re.compile(r"(.*_axis)_t(?:data|last|user|keep)_([io])"), r"\1_tvalid_\2"),
    (re.compile(r"(.*_axil)_([rb])(?:data|resp)_([io])"), r"\1_\2valid_\3"),
    (re.compile(r"(.*)w(?:addr|data)_([io])"), r"\1we_\2"),
)


@dataclass(frozen=True, kw_only=True)
class Thoroughness:
    """How hard the question is tried.

    guard_w: bits of a register that may say whether another one counts: a valid bit, or the state of a small machine;
    0: none may. depth: cycles after a reset within which a difference is looked for. limit_s: seconds for one question
    to the solver, on a quiet machine; rounds: how often the relations may shrink.
    """

    guard_w: int = 2
    depth: int = 8
    limit_s: int = LIMIT_S
    rounds: int = 300


@dataclass(frozen=True, kw_only=True)
class Relation:
    """A register bit agrees in both copies: always, or while a small register of the original has a value."""

    register: str
    bit: int
    guard: str = ""
    value: str = ""


@dataclass(frozen=True, kw_only=True)
class Induction:
    """Relations that every step keeps; after_reset: they hold after a reset only; used: invariants that it takes."""

    relations: tuple[Relation, ...]
    after_reset: bool
    used: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """EQUIVALENT, SURVIVED (a trace shows a difference) or UNKNOWN, and why."""

    verdict: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Equivalence:
    """The question for a netlist of mutants.

    system: the netlist, with invariants of the unit; select: its control input; thoroughness: of the search.

    Raises:
        ValueError: the netlist does not have that control input in one piece.
    """

    system: TransitionSystem
    select: str
    thoroughness: Thoroughness = Thoroughness()

    def __post_init__(self) -> None:
        if self.system.free.get(self.select) != self.system.inputs.get(self.select, 0):
            raise ValueError(f"{self.select} is no control input of this netlist")

    @functools.cached_property
    def invariants(self) -> tuple[str, ...]:
        """Names of the unit's invariants, proven.

        Raises:
            UserError: one does not hold.
            GaveUp: the solver came to no answer.
        """
        prove_invariants(self.system, self.select)
        return self.system.invariants

    def check(self, number: int) -> Answer:
        """Compare a mutant with the original.

        Raises:
            UserError: an invariant does not hold.
        """
        try:
            proof = self._induction(number, self.invariants)
            if proof and self.invariants and not proof.used:
                proof = self._induction(number, ()) or proof  # says more: from any power-up
            if proof:
                return Answer(verdict=EQUIVALENT, reason=self._summary(proof))
            return self._difference(number)
        except GaveUp as gave_up:
            return Answer(verdict=UNKNOWN, reason=str(gave_up))

    def _solver(self) -> Solver:
        return Solver(self.system, self.select, self.thoroughness.limit_s)

    def _outputs_agree(self, left: str, right: str, which: str = "") -> str:
        """Of two states, as a formula; of those outputs only that have `which` in their names."""
        outputs = self.system.outputs
        terms = []
        for name in outputs:
            if which not in name:
                continue
            term = f"(= (|port {name}| {left}) (|port {name}| {right}))"
            for pattern, valid in _PAYLOADS:
                found = pattern.fullmatch(name)
                if found and found.expand(valid) in outputs:
                    term = f"(=> (= (|port {found.expand(valid)}| {left}) #b1) {term})"
            terms.append(term)
        return f"(and true true {' '.join(terms)})"

    def _induction(self, number: int, invariants: tuple[str, ...]) -> Induction | None:
        """Find relations that hold from the start, that every step keeps, and that make the outputs agree.

        Without invariants the start is any power-up; with them it is the cycle after a reset. None if there are no such
        relations.
        """
        registers = self.system.registers
        relations = [Relation(register=name, bit=bit) for name, bits in registers.items() for bit in range(bits)]
        for _ in range(self.thoroughness.rounds):
            found: Induction | Values | None = None
            if invariants:
                solver, states = self._reset(number)
                if solver.satisfiable(f"(not {self._outputs_agree(*states, which=_MEMORY_PIN)})"):
                    return None
                following = [solver.following(state) for state in states]
                if solver.satisfiable(f"(not {_all_hold(relations, *following)})"):
                    found = _values(solver, following)
            found = found or self._step(number, relations, invariants)
            if found is None or isinstance(found, Induction):
                return found
            relations = self._weakened(relations, *found)
        raise GaveUp(self.thoroughness.limit_s)

    def _step(
        self, number: int, relations: Sequence[Relation], invariants: tuple[str, ...]
    ) -> Induction | Values | None:
        """Do the relations survive a step? If not, the registers after it; None if the outputs differ before it."""
        solver = self._solver()
        left = solver.registers("a")
        right = self._mutant_registers(solver, relations, left)
        states = self._both(solver, 0, number, left, right)
        for relation in relations:
            if relation.guard:
                solver.require(_holds(relation, left, right))
        agree = self._outputs_agree(*states)
        following = [solver.following(state) for state in states]
        fails = f"(not (and {agree} {_all_hold(relations, *following)}))"

        def enough(names: tuple[str, ...]) -> bool:
            return not solver.satisfiable(fails, all_hold(names, states[0]))

        if enough(invariants):
            return Induction(relations=tuple(relations), after_reset=bool(invariants), used=_needed(invariants, enough))
        return _values(solver, following) if solver.value(f"(ite {agree} #b1 #b0)") else None

    def _reset(self, number: int) -> tuple[Solver, tuple[str, str]]:
        """A reset of both copies, powered up alike; a cycle like any other where there is no reset."""
        solver = self._solver()
        powered_up = solver.registers("a")
        states = self._both(solver, 0, number, powered_up, powered_up)
        if "rst_ni" in self.system.inputs:
            solver.require(f"(= (|port rst_ni| {states[0]}) #b0)")
        return solver, states

    def _weakened(
        self, relations: Sequence[Relation], left: Mapping[str, int], right: Mapping[str, int]
    ) -> list[Relation]:
        """The relations that hold between these values, and for each other one the guarded ones that do."""
        small = {name: bits for name, bits in self.system.registers.items() if bits <= self.thoroughness.guard_w}
        kept = []
        for relation in relations:
            if _true(relation, left, right):
                kept.append(relation)
            elif not relation.guard:
                weaker = (
                    Relation(register=relation.register, bit=relation.bit, guard=guard, value=f"{value:0{bits}b}")
                    for guard, bits in small.items()
                    for value in range(1 << bits)
                    if guard != relation.register
                )
                kept += [candidate for candidate in weaker if _true(candidate, left, right)]
        return kept

    def _both(
        self, solver: Solver, cycle: int, number: int, left: Mapping[str, str], right: Mapping[str, str]
    ) -> tuple[str, str]:
        """States of the original and the mutant with these registers, under the same inputs."""
        inputs = solver.inputs(str(cycle))
        return solver.state(f"a{cycle}", left, inputs, 0), solver.state(f"b{cycle}", right, inputs, number)

    def _mutant_registers(
        self, solver: Solver, relations: Sequence[Relation], left: Mapping[str, str]
    ) -> dict[str, str]:
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

    def _summary(self, proof: Induction) -> str:
        always = sum(not relation.guard for relation in proof.relations)
        weaker = len({(relation.register, relation.bit) for relation in proof.relations if relation.guard})
        total = sum(self.system.registers.values())
        given = ", after a reset" if proof.after_reset else ""
        given += f", by {', '.join(proof.used)}" if proof.used else ""
        if always == total:
            return f"all {total} register bits always agree{given}"
        return f"{always} of {total} register bits always agree, {weaker} while they count{given}"

    def _difference(self, number: int) -> Answer:
        """Look for a trace from power-up through a reset to outputs that differ."""
        if not self.thoroughness.depth:
            return Answer(verdict=UNKNOWN, reason="no proof by what the registers have in common")
        solver, states = self._reset(number)
        depth = self.thoroughness.depth
        for cycle in range(1, depth + 1):
            states = self._both(solver, cycle, number, *map(solver.following, states))
            if solver.satisfiable(f"(not {self._outputs_agree(*states)})"):
                return Answer(verdict=SURVIVED, reason=self._trace(solver, cycle))
        return Answer(verdict=UNKNOWN, reason=f"no proof, and no difference within {depth} cycles after a reset")

    def _trace(self, solver: Solver, last: int) -> str:
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


def _holds(relation: Relation, left: Mapping[str, str], right: Mapping[str, str]) -> str:
    """The relation between two sets of registers, as a formula."""
    bit = f"(_ extract {relation.bit} {relation.bit})"
    same = f"(= ({bit} {left[relation.register]}) ({bit} {right[relation.register]}))"
    return f"(=> (= {left[relation.guard]} #b{relation.value}) {same})" if relation.guard else same


def _all_hold(relations: Sequence[Relation], left: Mapping[str, str], right: Mapping[str, str]) -> str:
    return f"(and true true {' '.join(_holds(relation, left, right) for relation in relations)})"


def _needed(names: tuple[str, ...], enough: Callable[[tuple[str, ...]], bool]) -> tuple[str, ...]:
    """Leave out one name after another as long as the rest is enough."""
    for name in names:
        rest = tuple(other for other in names if other != name)
        if enough(rest):
            return _needed(rest, enough)
    return names


def _values(solver: Solver, sides: Sequence[Mapping[str, str]]) -> Values:
    """Of both sets of registers in the model that was found last; word by word, since bits take the solver longer."""
    a, b = ({name: solver.value(term) for name, term in side.items()} for side in sides)
    return a, b


def _true(relation: Relation, left: Mapping[str, int], right: Mapping[str, int]) -> bool:
    """The relation between two sets of known values."""
    if relation.guard and left[relation.guard] != int(relation.value, 2):
        return True
    return not (left[relation.register] ^ right[relation.register]) >> relation.bit & 1
