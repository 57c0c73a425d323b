"""Run a flow: metamodels walk on, part at forks, wait where they meet, and end at a STOP.

Nothing depends on which worker is faster: what meets is ordered by the branches of the forks, and waits until no other
can still come. A flow that was killed walks the same way again and finds in its store what was done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from t2c.flows.bench import Workshop
from t2c.flows.control_task import Ending, Merging
from t2c.flows.errors import EXPECTED, placed
from t2c.flows.graph import Flow
from t2c.flows.metamodel import Metamodel, Step
from t2c.flows.walk import Walker, run_walk, walk_job, walk_on


@dataclass(frozen=True, kw_only=True)
class Finished:
    """finalists: what came to a STOP, in the order of the forks; entries: of the store, every run, in that order."""

    finalists: tuple[Metamodel, ...]
    entries: tuple[str, ...]


def run_flow(flow: Flow, given: Metamodel, shop: Workshop) -> Finished:
    """Run a flow that was checked.

    Args:
        flow: what to run; given: what begins it; shop: store and workers.

    Raises:
        FlowError: a task fails; the message names it and its line.
    """
    live = [Walker(at=flow.first, metamodel=given)]
    waiting: list[Walker] = []
    ended: list[Walker] = []
    while live or waiting:
        if not live:
            live = _met(flow, waiting)
        moved, live = _walked(flow, live, shop), []
        for walker in moved:
            task = flow.nodes[walker.at].task
            if isinstance(task, Ending):
                ended.append(walker)
            elif isinstance(task, Merging):
                waiting.append(walker)
            else:
                live += _parted(flow, walker)
    ended.sort(key=lambda walker: walker.key)
    entries = dict.fromkeys(entry for walker in ended for entry in walker.entries)
    return Finished(finalists=tuple(walker.metamodel for walker in ended), entries=tuple(entries))


def _walked(flow: Flow, walkers: Sequence[Walker], shop: Workshop) -> list[Walker]:
    """Several at once where there are several workers; one alone spreads its trials over them."""
    if len(walkers) == 1 or shop.workers.width == 1:
        return [walk_on(flow, walker, shop) for walker in walkers]
    for walker in walkers:
        shop.progress(f"{walker.at}: a branch goes on a worker ...")
    jobs = [walk_job(flow, walker, shop) for walker in walkers]
    return [Walker.from_json(found) for found in shop.workers.run(run_walk, jobs)]


def _parted(flow: Flow, walker: Walker) -> list[Walker]:
    node = flow.nodes[walker.at]
    targets = node.ways["then"]
    return [
        replace(
            walker,
            at=target,
            key=(*walker.key, index),
            metamodel=walker.metamodel.done(
                Step(task=node.name, kind=node.kind, decision={"branch": index, "of": len(targets), "to": target})
            ),
        )
        for index, target in enumerate(targets)
    ]


def _met(flow: Flow, waiting: list[Walker]) -> list[Walker]:
    """Those that go on from the place to which no other that waits can still come; they wait no longer."""
    places = list(dict.fromkeys(sorted((walker.at for walker in waiting), key=list(flow.nodes).index)))
    free = [
        here
        for here in places
        if not any(here in flow.reached(there, without=here) for there in places if there != here)
    ]
    node = flow.nodes[(free or places)[0]]
    assert isinstance(node.task, Merging)
    arrivals = sorted((walker for walker in waiting if walker.at == node.name), key=lambda walker: walker.key)
    waiting[:] = [walker for walker in waiting if walker.at != node.name]
    try:
        merged = node.task.merged(node.name, node.kind, [walker.metamodel for walker in arrivals])
    except EXPECTED as error:
        raise placed(flow.path, node.line, node.name, error) from error
    entries = tuple(dict.fromkeys(entry for walker in arrivals for entry in walker.entries))
    first = arrivals[0].key if len(merged) == 1 else None
    return [
        replace(
            arrivals[index],
            at=node.ways["then"][0],
            metamodel=metamodel,
            key=first if first is not None else arrivals[index].key,
            entries=entries,
        )
        for index, metamodel in merged
    ]
