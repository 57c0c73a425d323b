"""Invariants of a unit: what holds in every cycle after a reset. Proven here before any other proof may use them.

`formal/UNIT_invariants.vh` in the unit's folder states them as kept one-bit wires in the names of the unit; the
netlist of its mutants is read with that file inside, so they are about the very registers and parameters of the
campaign.
"""

from __future__ import annotations

from collections.abc import Iterable

from mutation.solver import Solver
from mutation.transition import TransitionSystem
from t2c.common.errors import UserError


def all_hold(names: Iterable[str], state: str) -> str:
    """The formula that these invariants hold in a state."""
    return f"(and true true {' '.join(f'(= (|port {name}| {state}) #b1)' for name in names)})"


def prove_invariants(system: TransitionSystem, select: str) -> None:
    """Prove that all invariants of the unmutated unit hold after a reset, and after each cycle in which they hold.

    Args:
        system: the netlist.
        select: its control input.

    Raises:
        UserError: one does not.
        GaveUp: the solver came to no answer.
    """
    names = system.invariants
    if not names:
        return
    for start, when in (
        ("(= (|port rst_ni| now) #b0)", "in the cycle after a reset"),
        (all_hold(names, "now"), "in the cycle after one in which all invariants hold"),
    ):
        solver = Solver(system, select)
        now = solver.state("now", solver.registers("now"), solver.inputs("now"), 0)
        then = solver.state("then", solver.following(now), solver.inputs("then"), 0)
        solver.require(start)
        if solver.satisfiable(f"(not {all_hold(names, then)})"):
            broken = [name for name in names if not solver.value(f"(|port {name}| {then})")]
            raise UserError(f"invariants: {', '.join(broken)} is no invariant: it can be 0 {when}")
