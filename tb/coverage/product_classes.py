"""Classes of products of two activations: how the second operand becomes weights, and how heads share what there is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from t2c.contract.operations import Operation
from t2c.mapping.product import HeadRun, ProductPlan
from t2c.mapping.program import Program

PRODUCTS = (
    "tokens become columns",
    "tokens become rows",
    "one head",
    "several heads",
    "a head in one piece",
    "a head in several pieces",
    "a head's sums over several pieces",
    "heads that add up to a memory word",
    "heads that write a memory word in turn",
    "a first operand with a zero point",
)


def product_bins(program: Program) -> Iterator[str]:
    """The names among `PRODUCTS` that a program has."""
    for plan in program.plans.values():
        if isinstance(plan, ProductPlan):
            yield "one head" if len(plan.heads) == 1 else "several heads"
            if plan.edges[0].zero_point:
                yield "a first operand with a zero point"
            for head in plan.heads:
                yield f"tokens become {'columns' if head.transpose else 'rows'}"
            yield from _pieces(_runs(plan, program), program.batch)


def _runs(plan: ProductPlan, program: Program) -> list[HeadRun]:
    """What the RUN steps of a product compute, in order."""
    works = [step.work for step in program.steps if step.op is Operation.RUN]
    return [work.run for work in works if work and work.plan is plan and isinstance(work.run, HeadRun)]


def _pieces(runs: list[HeadRun], images: int) -> Iterator[str]:
    for count in Counter(run.head for run in runs).values():
        yield f"a head in {'one piece' if count == images else 'several pieces'}"
    for before, run in pairwise(runs):
        if run.keep:
            yield (
                "a head's sums over several pieces" if run.head == before.head else "heads that add up to a memory word"
            )
    if any(run.skip for run in runs):
        yield "heads that write a memory word in turn"
