"""When modules of a pipeline take and give, cycle by cycle, without the data: what a simulation of the RTL measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

HandshakeFlags = list[bool]


class HandshakeState(Protocol):
    """A module in mid-run. given: valid of each input; taken: ready of each output."""

    def outputs(self, given: HandshakeFlags) -> HandshakeFlags:
        """Valid of each output in this cycle."""

    def readies(self, given: HandshakeFlags, taken: HandshakeFlags) -> HandshakeFlags:
        """Ready of each input in this cycle."""

    def clock(self, given: HandshakeFlags, taken: HandshakeFlags) -> None:
        """The end of the cycle."""


class Handshake(Protocol):
    """The behaviour of a module in time."""

    def start(self) -> HandshakeState:
        """A module after reset."""


@dataclass(frozen=True)
class FlowHandshake:
    """A transfer in each cycle, `latency` registers that all wait while the result does; inputs: how many it joins."""

    latency: int
    inputs: int = 1

    def start(self) -> HandshakeState:
        return _Folded(self.latency, 1, self.inputs)


@dataclass(frozen=True)
class FoldedHandshake:
    """`reuse` cycles a transfer, then `latency` registers."""

    latency: int
    reuse: int

    def start(self) -> HandshakeState:
        return _Folded(self.latency, self.reuse, 1)


class _Folded:
    def __init__(self, latency: int, reuse: int, inputs: int) -> None:
        self.reuse, self.left, self.stages, self.inputs = reuse, 0, [False] * latency, inputs

    def outputs(self, given: HandshakeFlags) -> HandshakeFlags:
        return [self.stages[-1]]

    def readies(self, given: HandshakeFlags, taken: HandshakeFlags) -> HandshakeFlags:
        free = (not self.stages[-1] or taken[0]) and self.left <= 1
        if self.inputs == 1:
            return [free]
        return [free and all(given[:at] + given[at + 1 :]) for at in range(self.inputs)]

    def clock(self, given: HandshakeFlags, taken: HandshakeFlags) -> None:
        if self.stages[-1] and not taken[0]:
            return
        begun = all(given) and self.left <= 1
        ended = begun
        if self.reuse > 1:
            ended = self.left == 1
            self.left = self.reuse if begun else max(self.left - 1, 0)
        self.stages = [ended, *self.stages[:-1]]


@dataclass(frozen=True)
class WalkHandshake:
    """Positions that follow each other: those that take a transfer, and those after which one comes."""

    takes: tuple[bool, ...]
    gives: tuple[bool, ...]

    def start(self) -> HandshakeState:
        return _Walk(self)


class _Walk:
    def __init__(self, walk: WalkHandshake) -> None:
        self.walk, self.place, self.valid = walk, 0, False

    def outputs(self, given: HandshakeFlags) -> HandshakeFlags:
        return [self.valid]

    def readies(self, given: HandshakeFlags, taken: HandshakeFlags) -> HandshakeFlags:
        return [(not self.valid or taken[0]) and self.walk.takes[self.place]]

    def clock(self, given: HandshakeFlags, taken: HandshakeFlags) -> None:
        if self.valid and not taken[0]:
            return
        step = given[0] or not self.walk.takes[self.place]
        self.valid = step and self.walk.gives[self.place]
        if step:
            self.place = (self.place + 1) % len(self.walk.takes)


@dataclass(frozen=True)
class SplitHandshake:
    """A transfer to several, each of which takes it when it can."""

    ways: int

    def start(self) -> HandshakeState:
        return _Split(self.ways)


class _Split:
    def __init__(self, ways: int) -> None:
        self.done = [False] * ways

    def outputs(self, given: HandshakeFlags) -> HandshakeFlags:
        return [given[0] and not done for done in self.done]

    def readies(self, given: HandshakeFlags, taken: HandshakeFlags) -> HandshakeFlags:
        return [all(done or now for done, now in zip(self.done, taken, strict=True))]

    def clock(self, given: HandshakeFlags, taken: HandshakeFlags) -> None:
        if given[0]:
            whole = self.readies(given, taken)[0]
            self.done = [not whole and (done or now) for done, now in zip(self.done, taken, strict=True)]


@dataclass(frozen=True)
class QueueHandshake:
    """Transfers that wait, so many at most."""

    depth: int

    def start(self) -> QueueState:
        return QueueState(self.depth)


class QueueState:
    """most: that ever waited."""

    def __init__(self, depth: int) -> None:
        self.depth, self.held, self.most = depth, 0, 0

    def outputs(self, given: HandshakeFlags) -> HandshakeFlags:
        return [self.held > 0]

    def readies(self, given: HandshakeFlags, taken: HandshakeFlags) -> HandshakeFlags:
        return [self.held < self.depth]

    def clock(self, given: HandshakeFlags, taken: HandshakeFlags) -> None:
        self.held += (given[0] and self.held < self.depth) - (taken[0] and self.held > 0)
        self.most = max(self.most, self.held)


@dataclass(frozen=True, kw_only=True)
class ConnectedModule:
    """A module among others. inputs, outputs: names of streams."""

    handshake: Handshake
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Times:
    """interval: cycles from image to image, in the steady state; latency: from the first transfer of an image into an
    empty pipeline to the last one out, both counted."""

    interval: int
    latency: int


STEADY, MOST = 3, 24
"""Intervals that must be equal in a row; images after which the last one counts."""


def run(
    modules: Sequence[ConnectedModule], source: str, sink: str, given: int, results: int
) -> tuple[Times, list[HandshakeState]]:
    """Run modules whose input never waits and whose output is always taken.

    Args:
        modules: in an order in which each comes after what it takes from.
        source, sink: streams in and out; given, results: transfers of an image on them.

    Returns:
        the times, and every module as it is at the end.
    """
    states = [module.handshake.start() for module in modules]
    valid, ready = {source: True}, {sink: True}
    ends: list[int] = []
    cycle = out = 0
    while True:
        cycle += 1
        for module, state in zip(modules, states, strict=True):
            valid.update(zip(module.outputs, state.outputs([valid[name] for name in module.inputs]), strict=True))
        for module, state in zip(reversed(modules), reversed(states), strict=True):
            flags = [valid[name] for name in module.inputs], [ready[name] for name in module.outputs]
            ready.update(zip(module.inputs, state.readies(*flags), strict=True))
        for module, state in zip(modules, states, strict=True):
            state.clock([valid[name] for name in module.inputs], [ready[name] for name in module.outputs])
        if valid[sink]:
            out += 1
            if out % results == 0:
                ends.append(cycle)
                last = [b - a for a, b in zip(ends[-STEADY - 1 :], ends[-STEADY:], strict=False)]
                if (len(ends) > STEADY and len(set(last)) == 1) or len(ends) == MOST:
                    return Times(interval=ends[-1] - ends[-2], latency=ends[0]), states
