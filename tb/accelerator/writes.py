"""Where an accelerator may write in a memory of ours."""

from __future__ import annotations

from t2c.tb.accelerator.axi_port import Axi4Port
from t2c.tb.accelerator.description import AcceleratorDescription
from t2c.tb.accelerator.events import PortEvents
from t2c.tb.accelerator.ram_port import MemoryPort
from t2c.tb.accelerator.run_files import BoundAccelerator


def ports_on(description: AcceleratorDescription, memory: str) -> list[str]:
    """Names of the ports on a memory."""
    return [name for name, port in description.ports.items() if port.memory == memory]


def forbidden_writes(bound: BoundAccelerator, port: MemoryPort | Axi4Port, seen: PortEvents, run: int) -> str:
    """A line that names the first write to where no result lies and no scratch is allowed; empty if there is none.

    Args:
        bound: the accelerator; port: whose writes; seen: they; run: which.
    """
    allowed = [(placed.at(run), placed.at(run) + placed.words) for placed in bound.outs.get(port.memory, ())]
    for name in ports_on(bound.description, port.memory):
        allowed += bound.description.scratch.get(name, ())
    lanes = port.lanes if isinstance(port, Axi4Port) else 0
    loads = bound.loads.get(port.memory, ())
    count, first = 0, ""
    for cycle, at, _, _, strobe in seen.writes:
        places = [at + lane for lane in range(lanes) if strobe >> lane & 1] if lanes else [at]
        for place in places:
            if not any(low <= place < high for low, high in allowed):
                owner = [load.name for load in loads if 0 <= place - load.at(run) < load.words]
                over = f", over {owner[0]}" if owner else ""
                first = first or f"address 0x{place:x}{over}; cycle {cycle}"
                count += 1
                break
    if not count:
        return ""
    text = f"port {port.name}: {count:,} writes where it may not write (out and scratch say where)"
    return f"{text}, the first to {first}"
