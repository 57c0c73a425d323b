"""How many cycles a program takes without stalls, layer by layer; the core has no stalls inside, so this is exact."""

from __future__ import annotations

from t2c.contract import pipeline
from t2c.contract.operations import Operation
from t2c.contract.schedule import ideal_cycles, step_cycles
from t2c.mapping.program import Program


def layer_cycles(program: Program) -> dict[int, int]:
    """Cycles by layer number of one run without stalls; layer 0 begins with fetching the first step."""
    cycles = {0: pipeline.FETCH}
    for step in program.steps:
        layer = step.descriptor.layer
        cycles[layer] = cycles.get(layer, 0) + step_cycles(step.descriptor, program.hardware)
    return cycles


def total_cycles(program: Program) -> int:
    """Cycles of one run without stalls."""
    return sum(layer_cycles(program).values())


def layer_ideal_cycles(program: Program) -> dict[int, int]:
    """The weight-stationary count by layer number: `ideal_cycles` of its RUN steps."""
    cycles: dict[int, int] = {}
    for step in program.steps:
        if step.op is Operation.RUN:
            layer = step.descriptor.layer
            cycles[layer] = cycles.get(layer, 0) + ideal_cycles(step.descriptor, program.hardware)
    return cycles
