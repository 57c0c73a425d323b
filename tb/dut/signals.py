"""The signals of a unit of ours that a description can connect: its ports, or the fields that one packs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from t2c.tb.dut.description import Description
from t2c.tb.dut.expressions import evaluate
from t2c.tb.dut.ports import Module
from t2c.tb.dut.wire_expressions import names_in
from t2c.tb.dut.wiring import Signal, stem


def with_lanes(ours: Module, description: Description) -> Module:
    """Our unit as the bench of several lanes sees it: what each lane has comes once for each, lane 0 lowest."""
    ports = {
        name: replace(port, width=port.width * description.lanes) if stem(name) in description.interface.laned else port
        for name, port in ours.ports.items()
    }
    return replace(ours, ports=ports)


def signals_of(description: Description, ours: Module, known: Mapping[str, int]) -> dict[str, Signal]:
    """Signals by the name that descriptions use.

    Args:
        description: of the module; a packed port is split where it speaks of one of its fields.
        ours: with its lanes.
        known: parameters of ours.
    """
    return {signal.name: signal for signal in _signals(description, ours, known)}


def _signals(d: Description, ours: Module, known: Mapping[str, int]) -> Iterator[Signal]:
    interface = d.interface
    spoken_of = {*d.ports, *d.constants, *(name for text in d.inputs.values() for name in names_in(text))}
    stems = [stem(name) for name in ours.ports]
    for name, port in ours.ports.items():
        if name in ("clk_i", "rst_ni"):
            continue
        output, fields = port.direction == "output", interface.fields.get(stem(name), ())
        if spoken_of & {field for field, _ in fields}:
            widths = [evaluate(width, known) for _, width in fields]
            step = sum(widths)
            for index, (field, _) in enumerate(fields):
                count, low, bits = 1 if field in d.shared else d.lanes, sum(widths[:index]), widths[index]
                slices = [f"{name}[{lane * step + low}+:{bits}]" for lane in reversed(range(count))]
                verilog = slices[0] if count == 1 else f"{{{', '.join(slices)}}}"
                yield Signal(name=field, port=name, verilog=verilog, width=count * bits, output=output, elements=count)
        elif d.output != "any" and stem(name) in interface.narrow:
            bits = port.width - 1
            yield Signal(name=stem(name), port=name, verilog=f"{name}[0+:{bits}]", width=bits, output=output)
        else:
            alone = stems.count(stem(name)) == 1  # a_i and a_o of a unit that passes a on keep their directions
            signal = stem(name) if alone else name
            lanes = d.lanes if signal in interface.laned else 1
            packed = evaluate(interface.lanes[signal], known) if signal in interface.lanes else lanes
            yield Signal(name=signal, port=name, verilog=name, width=port.width, output=output, elements=packed)
