"""Pins of a module, and parts of them: bits of a vector, elements of an unpacked array, or that as one vector."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from t2c.tb.dut.ports import Port

_PART = re.compile(r"([A-Za-z_][\w$]*)\[(\d{1,6})(?::(\d{1,6}))?\]")


@dataclass(frozen=True, kw_only=True)
class PinPart:
    """port: whose; low, width: bits of it, of an array with the element of the lowest index first."""

    port: str
    low: int
    width: int

    @property
    def mask(self) -> int:
        return ((1 << self.width) - 1) << self.low


class ModulePins(Mapping[str, Port]):
    """Ports by name, as they are; by `uio_in[3]`, `x[7:4]` parts of them, with bits counted from the least significant,
    0; `y[2]` of an unpacked array is the element of that index. An array itself is a vector of all its elements."""

    def __init__(self, ports: Mapping[str, Port]) -> None:
        self.real = ports
        self._flat = {name: _flat(port) for name, port in ports.items()}

    def __iter__(self) -> Iterator[str]:
        return iter(self.real)

    def __len__(self) -> int:
        return len(self.real)

    def __getitem__(self, name: str) -> Port:
        part = self.part(name)
        port = self._flat[part.port]
        return port if name == part.port else replace(port, width=part.width, array=None)

    def part(self, name: str) -> PinPart:
        """Which bits of which port a name means; raise KeyError if there are none such."""
        if name in self._flat:
            return PinPart(port=name, low=0, width=self._flat[name].width)
        found = _PART.fullmatch(name)
        if not found or found[1] not in self.real:
            raise KeyError(name)
        port, high = self.real[found[1]], int(found[2])
        low = high if found[3] is None else int(found[3])
        if port.array:
            if found[3] is not None or high not in port.array.indices:
                raise KeyError(name)
            return PinPart(port=found[1], low=port.array.indices.index(high) * port.array.bits, width=port.array.bits)
        if not low <= high < port.width:
            raise KeyError(name)
        return PinPart(port=found[1], low=low, width=high - low + 1)

    def whole(self, names: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
        """Ports with what is connected to each, and the Verilog that puts it together from parts and elements.

        names: of pins and parts -> wires (of inputs also expressions). Ports that none of them means stay open.
        """
        connected, lines = dict.fromkeys(self.real, ""), list[str]()
        of_port: dict[str, list[tuple[PinPart, str]]] = {}
        for name, wire in names.items():
            part = self.part(name)
            of_port.setdefault(part.port, []).append((part, wire))
        for name, parts in of_port.items():
            port, array = self._flat[name], self.real[name].array
            if not array and len(parts) == 1 and parts[0][0].width == port.width:
                connected[name] = parts[0][1]
                continue
            net, into = f"all__{name}", port.direction == "input"
            connected[name] = net
            lines.append(f"    wire [{port.width - 1}:0] {net};")
            for part, wire in parts:
                bits = f"{net}[{part.low}+:{part.width}]"
                lines.append(f"    assign {bits} = {wire};" if into else f"    assign {wire} = {bits};")
            if array:
                connected[name] = words = f"words__{name}"
                kind = "wire signed" if array.signed else "wire"
                lines.append(f"    {kind} [{array.bits - 1}:0] {words} [{array.first}:{array.last}];")
                for k, index in enumerate(array.indices):
                    word, bits = f"{words}[{index}]", f"{net}[{k * array.bits}+:{array.bits}]"
                    lines.append(f"    assign {word} = {bits};" if into else f"    assign {bits} = {word};")
        return connected, lines


def net_name(pin: str) -> str:
    """A pin, or a part of one, as a part of a name in Verilog."""
    return re.sub(r"\W", "__", pin)


def _flat(port: Port) -> Port:
    return replace(port, width=port.array.bits * len(port.array.indices)) if port.array else port
