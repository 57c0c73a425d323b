"""The dataflow that takes the fewest cycles an image: how a budget of memory bits is split, images a run, array shape.

What is chosen changes parameters and the program only; every integer and the RTL stay as they are. The search is a
coordinate descent by `total_cycles`, which is exact; docs/compiler.md has its grid.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from t2c.common.errors import UserError
from t2c.contract.descriptor import DESCRIPTOR_WORDS
from t2c.contract.hardware import DEPTH_MAX, Hardware
from t2c.golden.errors import RangeError, UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.mapping.compiler import ALL, compile_program
from t2c.mapping.cycles import total_cycles
from t2c.mapping.program import Program

BATCHES = (1, 2, 4, 8, 16)
"""Images of a run that are tried."""
ACC_DEPTHS = tuple(1 << power for power in range(3, 13))
"""Accumulators that are tried."""
_LEAST_WGT, _LEAST_PAR = 16, 4
_PAR, _ACC = 32, 64
"""Where the search begins: parameter words if not all of them find room, accumulators."""
_NOT_THERE = (UnsupportedError, RangeError, UserError)
"""What the compiler or the hardware says of a choice that there is not."""
_TRIES = 5
"""Compilations after which activations and program have to share what the other memories leave."""
GIVEN, MEMORIES = "as given", "memories"
IMAGES, SHAPE = f"{MEMORIES}, images a run", f"{MEMORIES}, images a run, shape"
"""What is free in each choice."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A program, and what was free to choose: `GIVEN`, `MEMORIES`, `IMAGES` or `SHAPE`."""

    name: str
    program: Program

    @cached_property
    def cycles(self) -> Fraction:
        """Of an image, without stalls."""
        return _cycles(self.program)

    @property
    def bits(self) -> int:
        """Of all memories."""
        return memory_bits(self.program.hardware)

    def gain(self, before: Choice) -> float:
        """Share of the other one's cycles that it saves."""
        return float(1 - self.cycles / before.cycles)


@dataclass(frozen=True, kw_only=True)
class _Point:
    """Of the grid. constants: weight rows and parameter words, None for all of the network's; acc_depth: accumulators;
    batch: images a run."""

    constants: tuple[int, int] | None
    acc_depth: int
    batch: int


def memory_bits(hardware: Hardware) -> int:
    """Bits of all memories of the core."""
    return sum(hardware.memory_bits.values())


def tuned(graph: Graph, hardware: Hardware, budget: int) -> list[Choice]:
    """The choice as given, one image a run, and the best ones found with ever more that is free.

    A choice that is not there, because the memories hold no such run, is not in the list. Each takes no more cycles
    an image than the one before it, and none more bits than the budget.

    Args:
        graph: the network.
        hardware: the choice as given.
        budget: bits of all memories.

    Raises:
        UnsupportedError: the core does not run the network, or no choice within the budget holds it.
        RangeError: as `compile_program`.
    """
    here = _Search(graph, _whole(graph, hardware), budget)
    found: list[Choice] = []

    def add(name: str, program: Program | None) -> None:
        if program and found and _cycles(program) >= found[-1].cycles:
            program = found[-1].program
        if program:
            found.append(Choice(name=name, program=program))

    with contextlib.suppress(*_NOT_THERE):
        if memory_bits(hardware) <= budget:
            add(GIVEN, compile_program(graph, ALL, hardware))
    add(MEMORIES, _trimmed(here.best(BATCHES[:1])))
    add(IMAGES, _trimmed(here.best(BATCHES)))
    best = found[-1].program if found else None
    for shape in _shapes(graph, hardware):
        if best is None or total_cycles(shape) < _cycles(best):
            programs = [best, _trimmed(_Search(graph, shape, budget).best(BATCHES))]
            best = min(filter(None, programs), key=_cycles, default=None)
    add(SHAPE, best)
    if not found:
        raise UnsupportedError(f"{budget:,} bits of memory do not hold the network {graph.name!r}, however split")
    return found


def _cycles(program: Program) -> Fraction:
    return Fraction(total_cycles(program), program.batch)


def _whole(graph: Graph, hardware: Hardware) -> Program:
    """The program with all memory that it may want."""
    largest = replace(
        hardware,
        act_depth=DEPTH_MAX,
        wgt_depth=DEPTH_MAX,
        par_depth=DEPTH_MAX,
        acc_depth=ACC_DEPTHS[-1],
        prg_depth=DEPTH_MAX,
        tbl_depth=1 << 16,
    )
    return compile_program(graph, ALL, largest)


def _shapes(graph: Graph, hardware: Hardware) -> list[Program]:
    """Programs with all memory for arrays of as many elements in another shape, the fewest cycles first."""
    elements = hardware.rows * hardware.cols
    found = []
    for cols in range(1, elements + 1):
        if elements % (cols * cols) == 0 and cols != hardware.cols:
            with contextlib.suppress(*_NOT_THERE):
                found.append(_whole(graph, replace(hardware, rows=elements // cols, cols=cols)))
    return sorted(found, key=total_cycles)


def _powers(least: int, end: int) -> Iterator[int]:
    while least < end:
        yield least
        least *= 2


class _Search:
    """The search on one array.

    whole: the program with all memory; its hardware has the array.
    """

    def __init__(self, graph: Graph, whole: Program, budget: int) -> None:
        self.graph, self.budget = graph, budget
        self.array = replace(whole.hardware, tbl_depth=max(1 << whole.hardware.x_w, len(whole.tables)))
        self.constants = max(len(whole.weights), 2), max(len(whole.params), 4)
        self.seen: dict[_Point, Program | None] = {}

    def best(self, batches: Sequence[int]) -> Program | None:
        """The best program of all these images a run."""
        found = filter(None, map(self._descend, batches))
        return min(found, key=_cycles, default=None)

    def _descend(self, batch: int) -> Program | None:
        """From the first point that compiles, one coordinate after the other, until none of them gains."""
        point = self._first(batch)
        best = self.at(point) if point else None
        while point and best:
            before = point
            for candidates in (self._weights, self._params, self._accumulators):
                for each in candidates(point):
                    program = self.at(each)
                    if program and total_cycles(program) < total_cycles(best):
                        point, best = each, program
            if point == before:
                break
        return best

    def _first(self, batch: int) -> _Point | None:
        """The first point of the grid that compiles, from the most memory for constants to the least."""
        pieces = [(wgt, par) for par in (_PAR, _LEAST_PAR) for wgt in reversed(self._weight_rows())]
        for constants in (None, *pieces):
            for acc_depth in (_ACC, ACC_DEPTHS[0]):
                if self.at(point := _Point(constants=constants, acc_depth=acc_depth, batch=batch)):
                    return point
        return None

    def _weights(self, point: _Point) -> list[_Point]:
        """All constants; so many weight rows. With room for all weights, and for moved ones, all parameters too."""
        weights, params = self.constants
        part = point.constants[1] if point.constants else min(_PAR, params)
        pieces = [(wgt, part if wgt < weights else params) for wgt in self._weight_rows()]
        return [replace(point, constants=constants) for constants in (None, *pieces)]

    def _params(self, point: _Point) -> list[_Point]:
        if point.constants is None:
            return []
        depths = _powers(_LEAST_PAR, self.constants[1])
        return [replace(point, constants=(point.constants[0], depth)) for depth in depths]

    def _weight_rows(self) -> list[int]:
        """Up to the first power of two that holds all."""
        return list(_powers(_LEAST_WGT, 2 * self.constants[0]))

    def _accumulators(self, point: _Point) -> list[_Point]:
        return [replace(point, acc_depth=depth) for depth in ACC_DEPTHS]

    def at(self, point: _Point) -> Program | None:
        """The program of a point, if there is one."""
        if point not in self.seen:
            self.seen[point] = self._compiled(point)
        return self.seen[point]

    def _compiled(self, point: _Point) -> Program | None:
        """Activations have what the program and the others leave of the budget."""
        weights, params = point.constants or self.constants
        words = DESCRIPTOR_WORDS
        with contextlib.suppress(*_NOT_THERE):
            for _ in range(_TRIES):
                least = replace(
                    self.array,
                    act_depth=2,
                    wgt_depth=weights,
                    par_depth=params,
                    acc_depth=point.acc_depth,
                    prg_depth=words,
                )
                rest = self.budget - memory_bits(least)
                act_depth = min(2 + rest // (least.rows * least.x_w), DEPTH_MAX)
                if act_depth < 2:
                    return None
                room = replace(least, act_depth=act_depth, prg_depth=DEPTH_MAX)
                program = compile_program(self.graph, ALL, room, batch=point.batch)
                needed = len(program.words())
                if needed <= words:  # so the compiler's first choice fits, and it is the same with this depth
                    return replace(program, hardware=replace(room, prg_depth=max(needed, DESCRIPTOR_WORDS)))
                words = needed
        return None


def _trimmed(program: Program | None) -> Program | None:
    """The same cycles with as few activation words as halving an interval finds."""
    if program is None:
        return None
    low, best = 1, _again(program, program.hardware.act_depth)
    assert best
    while best.hardware.act_depth - low > 1:
        middle = (low + best.hardware.act_depth) // 2
        found = _again(program, middle)
        if found and total_cycles(found) <= total_cycles(program):
            best = found
        else:
            low = middle
    return best


def _again(program: Program, act_depth: int) -> Program | None:
    """Compiled with so many activation words."""
    with contextlib.suppress(*_NOT_THERE):
        hardware = replace(program.hardware, act_depth=act_depth)
        return compile_program(program.graph, ALL, hardware, batch=program.batch)
    return None
