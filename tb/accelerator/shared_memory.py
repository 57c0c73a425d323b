"""Several ports on one memory of ours: each has a copy, and writes of one go into the copies of the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from t2c.tb.accelerator.port import DoorPort

if TYPE_CHECKING:
    from collections.abc import Sequence


class SharingPort(DoorPort):
    """A port on a memory of ours, alone or with others. width: of a word; lanes: parts of it that are written one by
    one; peers: the others on its memory."""

    width: int
    peers: Sequence[SharingPort] = ()

    @property
    def lanes(self) -> int:
        raise NotImplementedError

    @property
    def memory(self) -> str:
        return self.entries["shares"].text() if "shares" in self.entries else self.name

    def take_size(self, owner: SharingPort) -> None:
        """Have the size of another port's memory; raise YamlError if its addresses do not reach it."""
        raise NotImplementedError

    def declare_writes(self) -> None:
        """Wires of what it writes, for the others."""
        for part, width in (("wrote", 1), ("wrote_at", 64), ("wrote_data", self.width), ("wrote_strb", self.lanes)):
            self.declare(part, width)

    def sharing_pins(self) -> dict[str, str]:
        """Pins of the driver: what it writes, and what the others do."""
        pins = {f"{part}_o": self.wire(part) for part in ("wrote", "wrote_at", "wrote_data", "wrote_strb")}
        widths = {"put": 1, "put_at": 64, "put_data": self.width, "put_strb": self.lanes}
        for part, width in widths.items():
            others = [peer.wire(part.replace("put", "wrote")) for peer in reversed(self.peers)]
            pins[f"{part}_i"] = f"{{{', '.join(others)}}}" if others else f"{width}'d0"
        return pins

    @property
    def puts(self) -> int:
        """Others on its memory, as the driver's parameter has it."""
        return max(len(self.peers), 1)


def share_memories(ports: Mapping[str, DoorPort]) -> None:
    """Put together the ports that share a memory.

    Raises:
        YamlError: with one that is none, or of another kind, clock or width.
    """
    groups: dict[str, list[SharingPort]] = {}
    for port in ports.values():
        if not isinstance(port, SharingPort):
            continue
        owner = ports.get(port.memory)
        if owner is not port:
            _check(port, owner)
            assert isinstance(owner, SharingPort)
            port.take_size(owner)
        groups.setdefault(port.memory, []).append(port)
    for group in groups.values():
        for port in group:
            port.peers = tuple(other for other in group if other is not port)


def _check(port: SharingPort, owner: DoorPort | None) -> None:
    value, name = port.entries["shares"], port.memory
    if not isinstance(owner, SharingPort):
        raise value.error(f"shares: {name} is no port on a memory of ours")
    if owner.memory != owner.name:
        raise value.error(f"shares: {name} shares the memory of {owner.memory}; name that one")
    if owner.kind != port.kind or (owner.width, owner.lanes) != (port.width, port.lanes):
        mine, other = (f"{p.kind} of {p.width} bits in {p.lanes} strobes" for p in (port, owner))
        raise value.error(f"shares: {port.name} is {mine}, {name} is {other}; they have to be alike")
    if owner.clock != port.clock:
        raise value.error(f"shares: {port.name} and {name} have two clocks")
    for key in ("words", "base", "bytes"):
        if key in port.entries:
            raise port.entries[key].error(f"{key}: that of {name}, which it shares; leave it out")
