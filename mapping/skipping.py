"""Weights that are all zero, from block or channel pruning, get no run where that saves cycles."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from t2c.contract.descriptor import Descriptor
from t2c.contract.operations import Operation
from t2c.contract.schedule import step_cycles
from t2c.golden.errors import RangeError, UnsupportedError
from t2c.mapping.allocation import Allocation
from t2c.mapping.layer import WeightedPlan
from t2c.mapping.plan import LayerPlan, Part
from t2c.mapping.shorter_runs import Shortening
from t2c.mapping.tiles import ColumnRun


def without_zeros(
    plans: Mapping[str, LayerPlan], allocation: Allocation, batch: int, *, brought: bool, worth: int
) -> dict[str, LayerPlan]:
    """Plans whose runs leave out what is zero, where that takes no more cycles; the others stay.

    Args:
        plans: by node name.
        allocation: says which layers run in strips.
        batch: images of a run.
        brought: the program brings the constants of each run.
        worth: cycles that one more step has to save besides its own.
    """
    found = dict(plans)
    for name, plan in plans.items():
        if isinstance(plan, WeightedPlan) and not all(plan.used(run).all() for run in plan.runs):
            strips = allocation.strips.get(name)
            rows = strips.rows if strips else plan.height
            tall = Pace(plan=plan, rows=rows, batch=batch, brought=brought, worth=worth)
            found[name] = _shorter(tall, strips=strips is not None)
    return found


def _shorter(tall: Pace, *, strips: bool) -> WeightedPlan:
    """The plan with the runs that take the fewest cycles. strips: its tensors visit the host."""
    plan, ways = tall.plan, [tall]
    low = replace(tall, rows=plan.hardware.acc_depth // plan.width)
    # The accumulators may hold fewer rows than a strip has; but the lower a strip, the more rows are loaded twice.
    if not tall.splits and low.rows and low.splits and (not strips or tall.cycles_of(plan.runs) == math.inf):
        ways.append(low)
    _, runs = min((way.shortest() for way in ways), key=lambda found: found[0])
    return replace(plan, column_runs=runs)


@dataclass(frozen=True, kw_only=True, eq=False)
class Pace:
    """How long a layer takes. rows: output rows at a time; batch, brought, worth: as `without_zeros`."""

    plan: WeightedPlan
    rows: int
    batch: int
    brought: bool
    worth: int

    @property
    def splits(self) -> bool:
        """Whether the accumulators hold the sums between two runs."""
        fits = self.rows * self.plan.width <= self.plan.hardware.acc_depth
        return self.batch == 1 and fits and self.plan.hardware.groups == 1

    def shortest(self) -> tuple[float, tuple[ColumnRun, ...]]:
        """The runs that take the fewest cycles, and how many."""
        shortening = Shortening(cycles=cache(self._cycles), groups=self.plan.hardware.groups, splits=self.splits)
        found = [shortening.of(run, self.plan.used(run)) for run in self.plan.runs]
        return sum(cycles for cycles, _ in found), tuple(run for _, runs in found for run in runs)

    def cycles_of(self, runs: tuple[ColumnRun, ...]) -> float:
        """Cycles of runs as they are."""
        return sum(self._cycles(run.tiles, run.words) for run in runs)

    def _cycles(self, tiles: int, words: int) -> float:
        """Cycles of a run of so many column tiles and channel words over all rows; infinite if it cannot be run."""
        run = ColumnRun(first_tile=0, tiles=tiles, first_word=0, words=words)
        whole, rest = divmod(self.plan.height, self.rows)
        try:
            groups = self.plan.cut(run) if self.brought else ((run,),)
            if any(len(group) > 1 for group in groups) and not self.splits:
                return math.inf
            return sum(
                times * (step_cycles(step, self.plan.hardware) + self.worth)
                for rows, times in ((self.rows, whole), (rest, 1))
                if rows
                for group in groups
                for each in group
                for step in self._steps(each, rows)
            )
        except (UnsupportedError, RangeError):
            return math.inf

    def _steps(self, run: ColumnRun, rows: int) -> Iterator[Descriptor]:
        """The steps of a run for so many output rows; where they find everything makes no difference."""
        if self.brought:
            yield Descriptor(op=Operation.WEIGHTS, words=self.plan.weight_rows(run))
            yield Descriptor(op=Operation.PARAMS, words=run.tiles * self.plan.param_step)
        yield from self.plan.descriptors(
            run,
            Part(
                batch=self.batch,
                first=0,
                last=rows,
                sources=(0,),
                target=0,
                weight_base=0,
                param_base=0,
                table_page=0,
                layer=0,
            ),
        )
