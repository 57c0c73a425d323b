"""A flat netlist as a transition system for a solver: Yosys writes it as SMT-LIB, here are its parts by name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mutation.sources import MEMORIES
from t2c.tb.simulation.yosys import run_yosys


@dataclass(frozen=True, kw_only=True)
class TransitionSystem:
    """One step of a module as functions of its state, a bit vector of all registers and inputs.

    text: SMT-LIB definitions, among them |port NAME| and |next REGISTER|, functions of a state; inputs, outputs,
    registers: name to bits; invariants: names of one-bit wires, each with its |port NAME|; layout: what makes up a
    state, (name, bits), the highest bits first. A name there that is no register is a part of an input, or a bit
    without a meaning.
    """

    text: str
    inputs: Mapping[str, int]
    outputs: Mapping[str, int]
    registers: Mapping[str, int]
    invariants: tuple[str, ...]
    layout: tuple[tuple[str, int], ...]

    @property
    def bits(self) -> int:
        """Of a state."""
        return sum(bits for _, bits in self.layout)

    @property
    def free(self) -> dict[str, int]:
        """What of a state is not a register."""
        return {name: bits for name, bits in self.layout if name not in self.registers}

    def state(self, values: Mapping[str, str]) -> str:
        """The state in which registers and all else have these values, which are terms."""
        return f"(concat {' '.join(values[name] for name, _ in self.layout)})"


def write_transitions(folder: Path, module: str, files: Sequence[str], invariants: Path | None = None) -> Path:
    """Have Yosys write a Verilog module as a transition system, MODULE.smt2.

    What a memory inside drives is an input of the system, and what it takes is an output: if those agree in two systems
    from the start, so do the memories.

    Args:
        folder: of the files, below the repository.
        module: name of the top.
        files: its Verilog, MODULE.v with that module alone among it.
        invariants: Verilog that is read as the end of the module; its kept wires become the invariants.

    Raises:
        SimulatorError: Yosys is missing or refuses the source.
    """
    path = folder / f"{module}.smt2"
    if invariants:
        source = (folder / f"{module}.v").read_text().removesuffix("endmodule\n")
        (folder / f"{module}_invariants.v").write_text(f"{source}{invariants.read_text()}endmodule\n")
        files = [f"{module}_invariants.v" if file == f"{module}.v" else file for file in files]
    memories = "".join(f"blackbox A:hdlname={memory}; " for memory in MEMORIES)
    read = f"read_verilog {' '.join(files)}; hierarchy -check -top {module}; {memories}proc"
    run_yosys(f"{read}; expose -evert c:*; opt_clean; write_smt2 -stbv {path.name}", cwd=folder)
    return path


def parse_transitions(text: str, module: str) -> TransitionSystem:
    """Read what `write_smt2 -stbv` wrote.

    Raises:
        ValueError: a part of the state is not understood.
    """

    def every(pattern: str) -> list[Any]:
        return re.findall(pattern.replace("MODULE", re.escape(module)), text, re.MULTILINE)

    inputs = {name: int(bits) for name, bits in every(r"^; yosys-smt2-input (\S+) (\d+)$")}
    outputs = {name: int(bits) for name, bits in every(r"^; yosys-smt2-output (\S+) (\d+)$")}
    wires = tuple(every(r"^; yosys-smt2-wire (\S+) 1$"))
    steps = {number: term for term, number in every(r"^  \(= (.*) \(\|MODULE#(\d+)\| next_state\)\) ;")}
    parts = every(r"^\(define-fun \|MODULE#(\d+)\| .*\(\(_ extract (\d+) (\d+)\) state\)(?: #b1\))?\) ; \\?(.+)$")
    total = int(every(r"^\(define-sort \|MODULE_s\| \(\) \(_ BitVec (\d+)\)\)$")[0])
    state = f"((state |{module}_s|))"
    registers, definitions, layout = {}, [], {0: ("", 1)}
    for number, high, low, name in parts:
        bits = int(high) - int(low) + 1
        layout[int(low)] = (name, bits)
        if number in steps:
            registers[name] = bits
            definitions.append(f"(define-fun |next {name}| {state} (_ BitVec {bits}) {steps[number]})")
    known = dict(layout.values())
    if len(known) != len(layout) or sum(known.values()) != total or len(registers) != len(steps):
        raise ValueError(f"{module}: {total} bits of state, of which {layout} are understood")
    for name, bits in {**inputs, **outputs, **dict.fromkeys(wires, 1)}.items():
        value = f"(|{module}_n {name}| state)"
        value = f"(ite {value} #b1 #b0)" if bits == 1 else value
        definitions.append(f"(define-fun |port {name}| {state} (_ BitVec {bits}) {value})")
    return TransitionSystem(
        text="\n".join([text, *definitions, ""]),
        inputs=inputs,
        outputs=outputs,
        registers=registers,
        invariants=wires,
        layout=tuple(layout[low] for low in sorted(layout, reverse=True)),
    )
