"""Which tensors stay in the activation memory, and where. The others visit the host and pass through in strips of
rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.node import Node
from t2c.mapping.plan import LayerPlan


@dataclass(frozen=True, kw_only=True)
class Tensor:
    """A block of words with a life. name: of the edge; size: words; born, dies: index of the node that writes it (-1:
    an input) and of the last one that reads it; stays: it cannot visit the host."""

    name: str
    size: int
    born: int
    dies: int
    stays: bool = False

    def alive(self, index: int) -> bool:
        return self.born <= index <= self.dies


@dataclass(frozen=True, kw_only=True)
class Strips:
    """How a layer with a tensor at the host runs. rows: output rows of a strip; buffers: address of the strip buffer by
    edge, for the edges at the host."""

    rows: int
    buffers: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Allocation:
    """address: of the tensors that stay; strips: by node, for the layers that touch one that does not."""

    address: Mapping[str, int]
    strips: Mapping[str, Strips]


@dataclass
class _Memory:
    """First-fit placement of blocks over lifetimes."""

    depth: int
    placed: list[tuple[Tensor, int]] = field(default_factory=list)

    def place(self, tensor: Tensor) -> int | None:
        """Return the lowest free address over the block's whole life, or None."""
        rivals = sorted(
            (address, address + other.size)
            for other, address in self.placed
            if other.born <= tensor.dies and tensor.born <= other.dies
        )
        start = 0
        for low, high in rivals:
            if start + tensor.size <= low:
                break
            start = max(start, high)
        if start + tensor.size > self.depth:
            return None
        self.placed.append((tensor, start))
        return start

    def remove(self, count: int) -> None:
        """Take back the last blocks."""
        del self.placed[len(self.placed) - count :]


class _Full(Exception):
    """There is no room at this node."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


def allocate(
    nodes: Sequence[Node],
    plans: Mapping[str, LayerPlan],
    tensors: Sequence[Tensor],
    roots: Mapping[str, str],
    reads: Mapping[str, Sequence[str]],
    *,
    depth: int,
    batch: int,
) -> Allocation:
    """Keep as many tensors as possible in the memory.

    While there is no room at some node, the largest tensor alive there goes to the host. A layer that reads or writes
    such a tensor runs in strips of output rows, as many rows as find room beside what stays.

    Args:
        nodes: in program order.
        plans: by node name; a node without one moves nothing.
        tensors: every block.
        roots: edge to the tensor that holds it (a flattened edge is held by its map).
        reads: edges of a plan's sources, by node name.
        depth: words of the memory.
        batch: images of a run; with more than one, nothing goes to the host.

    Raises:
        UnsupportedError: not even one row of some layer finds room.
    """
    away: set[str] = set()
    while True:
        try:
            return _attempt(nodes, plans, tensors, roots, reads, depth, away)
        except _Full as full:
            index = max(full.index, 0)
            alive = [t for t in tensors if t.name not in away and t.alive(index)]
            here = [t for t in alive if not t.stays]
            if not here or batch > 1:
                text = (
                    f"hold not even one row of its tensors{_beside(alive)}"
                    if batch == 1
                    else f"do not hold {batch} images"
                )
                raise UnsupportedError(f"layer {nodes[index].name!r}: ACT_DEPTH = {depth} words {text}") from None
            away.add(max(here, key=lambda t: (t.size, t.name)).name)


def _attempt(
    nodes: Sequence[Node],
    plans: Mapping[str, LayerPlan],
    tensors: Sequence[Tensor],
    roots: Mapping[str, str],
    reads: Mapping[str, Sequence[str]],
    depth: int,
    away: set[str],
) -> Allocation:
    memory = _Memory(depth)
    address = {}
    for tensor in sorted(tensors, key=lambda t: t.born):
        if tensor.name in away:
            continue
        place = memory.place(tensor)
        if place is None:
            raise _Full(tensor.born)
        address[tensor.name] = place
    strips = {}
    for index, node in enumerate(nodes):
        if node.name not in plans:
            continue
        read = reads[node.name]
        edges = [name for name in (*dict.fromkeys(read), node.output) if roots[name] in away]
        if edges:
            strips[node.name] = _strips(memory, plans[node.name], node, read, edges, index)
    return Allocation(address=address, strips=strips)


def _beside(alive: Sequence[Tensor]) -> str:
    """What stays because of a join, if anything does."""
    names = ", ".join(repr(tensor.name) for tensor in alive if tensor.stays)
    return f" beside {names}, which a join needs whole" if names else ""


def _strips(
    memory: _Memory, plan: LayerPlan, node: Node, read: Sequence[str], edges: Sequence[str], index: int
) -> Strips:
    """The tallest strips whose buffers find room beside what stays."""

    def words(edge: str, top: int, rows: int) -> int:
        """What a strip of so many output rows from `top` on needs of a tensor."""
        if edge == node.output:
            return plan.target_words(top, top + rows)[1]
        return plan.source_words(read.index(edge), top, top + rows)[1]

    for rows in range(plan.height, 0, -1):
        if sum(words(edge, 0, rows) for edge in edges) > memory.depth:
            continue  # at once: to try every place of a tall strip takes long
        buffers: dict[str, int] = {}
        for edge in edges:
            tops = range(1 if edge == node.output else plan.height - rows + 1)
            size = max(words(edge, top, rows) for top in tops)
            place = memory.place(Tensor(name=edge, size=size, born=index, dies=index))
            if place is None:
                break
            buffers[edge] = place
        memory.remove(len(buffers))
        if len(buffers) == len(edges):
            return Strips(rows=rows, buffers=buffers)
    raise _Full(index)
