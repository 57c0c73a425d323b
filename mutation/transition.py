"""A flat netlist as a transition system for a solver: Yosys writes it as SMT-LIB, here are its parts by name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mutation.sources import MEMORIES
from tb.yosys import run_yosys


@dataclass(frozen=True, kw_only=True)
class TransitionSystem:
    """One step of a module as functions of its state, a bit vector of all registers and inputs.

    text: SMT-LIB definitions, among them the functions |output NAME| and |next REGISTER| of a state; inputs, outputs,
    registers: name to bits; layout: what makes up a state, the highest bits first, as (name, high bit, low bit) of a
    register or an input, with the name "" for one bit without a meaning.
    """

    text: str
    inputs: Mapping[str, int]
    outputs: Mapping[str, int]
    registers: Mapping[str, int]
    layout: tuple[tuple[str, int, int], ...]

    def state(self, values: Mapping[str, str]) -> str:
        """The state in which registers and inputs have these values, which are terms."""
        parts = (f"((_ extract {high} {low}) {values[name]})" if name else "#b1" for name, high, low in self.layout)
        return f"(concat {' '.join(parts)})"


def write_transitions(folder: Path, module: str, files: Sequence[str]) -> Path:
    """Have Yosys write a Verilog module as a transition system, MODULE.smt2.

    What a memory inside drives is an input of the system, and what it takes is an output: if those agree in two systems
    from the start, so do the memories.

    Args:
        folder: of the files, below the repository.
        module: name of the top.
        files: its Verilog.

    Raises:
        SimulatorError: Yosys is missing or refuses the source.
    """
    path = folder / f"{module}.smt2"
    memories = "".join(f"blackbox {Path(file).stem}; " for file in files if Path(file).stem in MEMORIES)
    read = f"read_verilog {' '.join(files)}; {memories}hierarchy -check -top {module}; proc"
    run_yosys(f"{read}; expose -evert c:* t:$* %d; opt_clean; write_smt2 -stbv {path.name}", cwd=folder)
    return path


def parse_transitions(text: str, module: str) -> TransitionSystem:
    """Read what `write_smt2 -stbv` wrote.

    Raises:
        ValueError: a part of the state is neither a register nor an input.
    """

    def every(pattern: str) -> list[Any]:
        return re.findall(pattern.replace("MODULE", re.escape(module)), text, re.MULTILINE)

    inputs = {name: int(bits) for name, bits in every(r"^; yosys-smt2-input (\S+) (\d+)$")}
    outputs = {name: int(bits) for name, bits in every(r"^; yosys-smt2-output (\S+) (\d+)$")}
    steps = {number: term for term, number in every(r"^  \(= (.*) \(\|MODULE#(\d+)\| next_state\)\) ;")}
    parts = every(r"^\(define-fun \|MODULE#(\d+)\| .*\(\(_ extract (\d+) (\d+)\) state\)(?: #b1\))?\) ; \\?(\S+)(.*)$")
    total = int(every(r"^\(define-sort \|MODULE_s\| \(\) \(_ BitVec (\d+)\)\)$")[0])
    state = f"((state |{module}_s|))"
    registers, definitions, layout, covered = {}, [], {0: ("", 0, 0)}, 1
    for number, high, low, name, span in parts:
        bits = int(high) - int(low) + 1
        covered += bits
        if number in steps:
            register = name + span
            layout[int(low)] = (register, bits - 1, 0)
            registers[register] = bits
            definitions.append(f"(define-fun |next {register}| {state} (_ BitVec {bits}) {steps[number]})")
        elif name in inputs:
            first = int(re.search(r"(\d+)\]", span)[1]) if span else 0
            layout[int(low)] = (name, first + bits - 1, first)
        else:
            raise ValueError(f"{module}: {name} is neither a register nor an input")
    if covered != total or len(registers) != len(steps):
        raise ValueError(f"{module}: {covered} of {total} bits of the state are understood")
    for name, bits in outputs.items():
        value = f"(|{module}_n {name}| state)"
        value = f"(ite {value} #b1 #b0)" if bits == 1 else value
        definitions.append(f"(define-fun |output {name}| {state} (_ BitVec {bits}) {value})")
    return TransitionSystem(
        text="\n".join([text, *definitions, ""]),
        inputs=inputs,
        outputs=outputs,
        registers=registers,
        layout=tuple(layout[low] for low in sorted(layout, reverse=True)),
    )
