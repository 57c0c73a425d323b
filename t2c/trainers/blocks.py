"""Cut a network into blocks: runs of layers that read and leave few tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from t2c.accuracy import BATCH
from t2c.network import Network, Wire

Values = dict[str, Tensor]
"""Tensors by name, (N, *shape) each."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """wires: of its layers, in order; inputs: tensors that it reads from before it; alive: tensors that anything after
    it reads, the network's output counted, from before it or its own."""

    wires: tuple[Wire, ...]
    inputs: tuple[str, ...]
    alive: tuple[str, ...]

    @property
    def output(self) -> str:
        """The tensor of its last layer."""
        return self.wires[-1].name

    @property
    def title(self) -> str:
        """How it is called: the layer, or the first and the last one."""
        first, last = self.wires[0].name, self.wires[-1].name
        return first if first == last else f"{first}..{last}"

    def run(self, net: Network, values: Mapping[str, Tensor]) -> Values:
        """Return what it was given and everything that its layers make of it."""
        made = dict(values)
        for wire in self.wires:
            made[wire.name] = net.layers[wire.name](*(made[name] for name in wire.inputs))
        return made


def _alive(net: Network, position: int) -> tuple[str, ...]:
    """The tensors that exist before layer number `position` and are read by it or later; the output is read at the end.

    In the order in which they are made.
    """
    wanted = {name for wire in net.wires[position:] for name in wire.inputs} | {net.output_name}
    made = [net.input_name, *(wire.name for wire in net.wires[:position])]
    return tuple(name for name in made if name in wanted)


def _block(net: Network, start: int, stop: int) -> Block:
    wires = net.wires[start:stop]
    own = {wire.name for wire in wires}
    read = dict.fromkeys(name for wire in wires for name in wire.inputs if name not in own)
    return Block(wires=wires, inputs=tuple(read), alive=_alive(net, stop))


def layers_of(net: Network) -> list[Block]:
    """Every layer as a block of its own."""
    return [_block(net, i, i + 1) for i in range(len(net.wires))]


def blocks_of(net: Network, worth: Callable[[Wire], bool] = lambda _: True) -> list[Block]:
    """Cut where exactly one tensor is alive and the last layer has just made it: residual blocks stay whole.

    Args:
        net: the network.
        worth: whether a layer is a reason for a block of its own; blocks without such a layer join the next one, or the
            last.
    """
    ends = [i for i in range(1, len(net.wires) + 1) if _alive(net, i) == (net.wires[i - 1].name,)]
    blocks: list[tuple[int, int]] = []
    start = 0
    for end in ends:
        if any(worth(wire) for wire in net.wires[start:end]):
            blocks.append((start, end))
            start = end
    if start < len(net.wires):
        first = blocks.pop()[0] if blocks else 0
        blocks.append((first, len(net.wires)))
    return [_block(net, start, stop) for start, stop in blocks]


def advance(net: Network, block: Block, values: Mapping[str, Tensor], keep: Iterable[str]) -> Values:
    """Run a block over all samples, batch by batch, without gradient; return the tensors to keep."""
    names = tuple(keep)
    count = len(next(iter(values.values())))
    parts: dict[str, list[Tensor]] = {name: [] for name in names if name not in values}
    with torch.no_grad():
        for start in range(0, count, BATCH):
            made = block.run(net, {name: values[name][start : start + BATCH] for name in block.inputs})
            for name in parts:
                parts[name].append(made[name])
    return {name: values[name] if name in values else torch.cat(parts[name]) for name in names}
