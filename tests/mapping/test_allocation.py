"""Places in the activation memory: whatever lives at the same time lies apart; what finds no room visits the host."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from t2c.contract.hardware import Hardware
from t2c.contract.operations import Operation
from t2c.golden.errors import UnsupportedError
from t2c.mapping.allocation import Tensor, _Memory
from t2c.mapping.compiler import compile_program
from t2c.mapping.program import Program
from tests.conftest import tries
from tests.core_net import core_package

LIVES = st.tuples(st.integers(1, 30), st.integers(-1, 8), st.integers(0, 4))


@given(st.lists(LIVES, min_size=1, max_size=12), st.integers(20, 100))
@settings(max_examples=tries(200))
def test_blocks_that_live_together_lie_apart(lives: list[tuple[int, int, int]], depth: int) -> None:
    memory, placed = _Memory(depth), []
    for number, (size, born, length) in enumerate(lives):
        tensor = Tensor(name=str(number), size=size, born=born, dies=born + length)
        place = memory.place(tensor)
        if place is None:
            # Refused only if no gap is large enough.
            rivals = [(low, low + other.size) for other, low in placed if _together(other, tensor)]
            taken = {word for low, high in rivals for word in range(low, high)}
            assert all(taken & set(range(low, low + size)) for low in range(depth - size + 1))
        else:
            assert 0 <= place <= depth - size
            placed.append((tensor, place))
    for (one, low), (other, high) in itertools.combinations(placed, 2):
        assert not _together(one, other) or low + one.size <= high or high + other.size <= low


def _together(one: Tensor, other: Tensor) -> bool:
    return any(one.alive(index) and other.alive(index) for index in range(-1, 16))


def intervals(program: Program) -> list[tuple[str, int, int, int, int]]:
    """(edge, first word, end, first step, last step) of every tensor that a program's steps write."""
    lives: dict[str, list[int]] = {}
    base: dict[str, int] = {}
    last_use = {edge: index for index, node in enumerate(program.nodes) for edge in node.inputs}
    for number, step in enumerate(program.steps):
        if step.result is not None:
            lives.setdefault(step.result.edge, []).append(number)
            base[step.result.edge] = step.result.base
    found = []
    for edge, steps in lives.items():
        readers = [
            number
            for number, step in enumerate(program.steps)
            if step.op is Operation.RUN and step.descriptor.layer - 1 == last_use.get(edge, -2)
        ]
        size = program.batch * program.layouts[edge].size
        found.append((edge, base[edge], base[edge] + size, min(steps), max([*steps, *readers])))
    return found


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("size", [(8, 8), (4, 2)], ids=str)
def test_tensors_of_a_program_that_live_together_lie_apart(size: tuple[int, int], batch: int) -> None:
    graph = core_package().graph
    program = compile_program(graph, "all", Hardware(rows=size[0], cols=size[1]), batch=batch)
    assert not program.spilled
    for one, other in itertools.combinations(intervals(program), 2):
        apart = one[2] <= other[1] or other[2] <= one[1]
        assert apart or one[4] < other[3] or other[4] < one[3], (one, other)


def test_no_more_memory_is_used_than_there_is() -> None:
    """The shallowest memory that holds everything; one word less and a tensor visits the host, and nothing is lost."""
    graph = core_package().graph

    def spilled(depth: int) -> tuple[str, ...]:
        return compile_program(graph, "all", Hardware(rows=4, cols=4, act_depth=depth)).spilled

    enough = next(depth for depth in range(280, 400) if not spilled(depth))
    assert enough == 42 + 3 * 84  # stem, depthwise and grouped live together, above the hole that the input leaves
    assert len(spilled(enough - 1)) == 1
    assert len(spilled(60)) > len(spilled(200)) > 1


def test_not_even_a_row() -> None:
    """One row of each operand and one of the output, with the rows around it that the window needs."""
    graph = core_package().graph
    with pytest.raises(UnsupportedError, match="layer 'depthwise': ACT_DEPTH = 47 words hold not even one row of its"):
        compile_program(graph, "all", Hardware(rows=4, cols=4, act_depth=47))
    assert compile_program(graph, "all", Hardware(rows=4, cols=4, act_depth=48)).spilled
