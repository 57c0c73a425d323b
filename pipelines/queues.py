"""Queues before residual adds, as deep as the other way is long: without them a pipeline would stand still."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from t2c.pipelines.handshake import ConnectedModule, QueueHandshake, QueueState, run
from t2c.pipelines.placed import PlacedModule
from t2c.pipelines.stream_modules import FEWEST, queue_module

WITHOUT_END = 1 << 30


def with_queues(
    placed: Sequence[PlacedModule], top: str, widths: Mapping[str, int], sink: str, transfers: tuple[int, int]
) -> list[PlacedModule]:
    """The modules with a queue on each way to an add on which transfers have to wait.

    How many wait is found by letting it run, with queues that are never full.

    Args:
        placed: modules, each after those that it takes from; top: of which their names begin.
        widths: bits of each stream that an add takes.
        sink: the stream of the result; transfers: of an image, in and out.
    """
    ways = [stream for module in placed if len(module.inputs) > 1 for stream in module.inputs]
    # Where nothing has to wait a queue would only make the way longer.
    waiting = {way: depth for way, depth in _deepest(placed, ways, sink, transfers).items() if depth > 1}
    deepest = _deepest(placed, list(waiting), sink, transfers)
    queued: list[PlacedModule] = []
    for module in placed:
        inputs = tuple(_queued(stream) if stream in deepest else stream for stream in module.inputs)
        if len(module.inputs) < 2 or inputs == module.inputs:
            queued.append(module)
            continue
        for stream in module.inputs:
            if stream in deepest:
                made = queue_module(f"{top}_queue_{stream}", widths[stream], max(deepest[stream], FEWEST))
                queued.append(
                    PlacedModule(module=made, stage=module.stage, inputs=(stream,), outputs=(_queued(stream),))
                )
        queued.append(PlacedModule(module=module.module, stage=module.stage, inputs=inputs, outputs=module.outputs))
    return queued


def _queued(stream: str) -> str:
    return f"{stream}_queued"


def _deepest(
    placed: Sequence[PlacedModule], ways: Sequence[str], sink: str, transfers: tuple[int, int]
) -> dict[str, int]:
    """How many transfers ever wait on each of some ways."""
    if not ways:
        return {}
    modules: list[ConnectedModule] = []
    places: dict[str, int] = {}
    for module in placed:
        own = module.connected
        if len(own.inputs) > 1:
            for stream in own.inputs:
                if stream in ways:
                    places[stream] = len(modules)
                    queue = QueueHandshake(WITHOUT_END)
                    modules.append(ConnectedModule(handshake=queue, inputs=(stream,), outputs=(_queued(stream),)))
            inputs = tuple(_queued(stream) if stream in ways else stream for stream in own.inputs)
            own = ConnectedModule(handshake=own.handshake, inputs=inputs, outputs=own.outputs)
        modules.append(own)
    _, states = run(modules, "in", sink, *transfers)
    found = {}
    for stream, place in places.items():
        state = states[place]
        assert isinstance(state, QueueState)
        found[stream] = state.most
    return found
