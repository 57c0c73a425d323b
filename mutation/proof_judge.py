"""Mutants of a unit that has a proof and no bench: one is killed if the proof does not hold for it.

The netlist of the mutants takes the unit's place in the harness of the proof, and the number of the mutant is a free
constant. First a run from reset is looked for in which an assertion fails, without what only the induction uses
(INVARIANTS), as for negative controls. What is not refuted in a few cycles, and is not proven equivalent either, needs
the induction: a mutant for which its step fails is killed too, since `make formal` would be red.
"""

from __future__ import annotations

import functools
import json
import re
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from formal.symbiyosys import harness_file, memory_names
from mutation.harness_system import HarnessSystem
from mutation.judge import Judge, Surroundings
from mutation.mutant_result import KILLED, SURVIVED, MutantResult
from mutation.netlist import SELECT, MutatedUnit, make_mutants
from t2c.tb.catalogue.proof import Proof, ProofError
from t2c.tb.catalogue.unit_registry import units
from t2c.tb.simulation.yosys import run_yosys

_INSTANCE = "dut"
"""Of the unit, in every harness."""
_CYCLES = 14
"""Length of a run from reset."""
_HARNESS, _SYSTEM, _INDUCTION = "proof", "proof.smt2", "induction.smt2"


@dataclass(frozen=True, kw_only=True)
class ProofJudge(Judge):
    """The unit's proofs, at the parameters of their negative controls."""

    @property
    def tests(self) -> tuple[str, ...]:
        return tuple(proof.name for proof in units()[self.unit].proofs)

    def roots(self) -> tuple[str, ...]:
        return ("mutation.proof_judge",)

    def counts(self, module: str) -> bool:
        return module in ("mutation.proof_judge", "mutation.harness_system")

    def texts(self) -> tuple[Path, ...]:
        proofs = units()[self.unit].proofs
        files = {harness_file(proof, name) for proof in proofs for name in _harness(proof)}
        return (*sorted(files), units()[self.unit].folder / "proofs.py")

    def make(self, rtl: Path, folder: Path, *, count: int, seed: int) -> MutatedUnit:
        unit, files = units()[self.unit], self.files(rtl)
        scratch = folder.with_name(f"{folder.name}-{_HARNESS}")
        found = [_parameters(proof, rtl, scratch / proof.name) for proof in unit.proofs]
        if any(parameters != found[0] for parameters in found):
            raise ProofError(f"{self.unit}: its proofs are of other parameters each: {found}")
        made = make_mutants(self.unit, found[0], rtl, files, folder, count=count, seed=seed)
        for proof in unit.proofs:
            _write_systems(proof, made, folder / _HARNESS / proof.name)
        return made

    def run(self, unit: MutatedUnit, number: int, place: Surroundings) -> MutantResult:
        started = time.perf_counter()
        for proof in units()[self.unit].proofs:
            failed = _from_reset(unit.folder / _HARNESS / proof.name / _SYSTEM).first_failure(number)
            seconds = time.perf_counter() - started
            if failed:
                return MutantResult(number=number, verdict=KILLED, reason=proof.name, compared=failed, seconds=seconds)
        seconds = time.perf_counter() - started
        return MutantResult(number=number, verdict=SURVIVED, reason="no proof is refuted", seconds=seconds)

    def last_word(self, unit: MutatedUnit, number: int, place: Surroundings) -> MutantResult | None:
        for proof in units()[self.unit].proofs:
            step = _step(unit.folder / _HARNESS / proof.name / _INDUCTION, proof.depth)
            if step.step_fails(number) and not step.step_fails(0):
                return MutantResult(number=number, verdict=KILLED, reason=f"{proof.name}, induction")
        return None


def _harness(proof: Proof) -> tuple[str, ...]:
    return (*proof.specs, f"{proof.top}.v", *proof.includes)


def _elaborate(proof: Proof, folder: Path, unit: str, *more: str) -> str:
    """Copy the harness to the folder; the commands that elaborate it around this Verilog of the unit."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in _harness(proof):
        shutil.copy(harness_file(proof, name), folder)
    (folder / "memories.vh").write_text(memory_names(proof))
    hdl = " ".join(name for name in _harness(proof) if name not in proof.includes)
    defines = "".join(f"-D{name} " for name in (*proof.defines, *more))
    values = "".join(
        f"chparam -set {name} {value} {proof.top}; " for name, value in {**proof.parameters, **proof.small}.items()
    )
    return f"read_verilog -formal -sv {defines}{hdl}; {unit}; {values}hierarchy -check -top {proof.top}"


def _parameters(proof: Proof, rtl: Path, folder: Path) -> dict[str, int]:
    """Those that the harness gives to the unit."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in [*(rtl / name for name in proof.rtl), *rtl.glob("*.vh")]:
        shutil.copy(path, folder)
    elaborate = _elaborate(proof, folder, f"read_verilog -I. {' '.join(proof.rtl)}")
    run_yosys(f"{elaborate}; proc; write_json proof.json", cwd=folder)
    modules = json.loads((folder / "proof.json").read_text())["modules"]
    top = next(module for name, module in modules.items() if name.endswith(proof.top))
    values = modules[top["cells"][_INSTANCE]["type"]]["parameter_default_values"]
    return {name: int(value, 2) for name, value in values.items() if re.fullmatch("[01]+", value)}


def free_constant(verilog: str, netlist: str, name: str, parameters: Mapping[str, int]) -> str:
    """The netlist as a module of the unit's name and parameters, in which the number of the mutant is a free constant.

    Raises:
        ValueError: the netlist is not as Yosys writes it.
    """
    edits = (
        (rf"^module \\?{netlist}\(([^;]*), {SELECT}\b([^;]*)\);$", rf"module {name}(\1\2);{_declared(parameters)}"),
        (rf"^  input (\[\d+:0\] )?{SELECT};$", r""),
        (rf"^  wire (\[\d+:0\] )?{SELECT};$", rf"  (* anyconst, keep *) reg \1{SELECT};"),
    )
    for pattern, text in edits:
        verilog, count = re.subn(pattern, text, verilog, flags=re.MULTILINE)
        if count != 1:
            raise ValueError(f"{netlist}.v: {pattern!r} is there {count} times, once was expected")
    return verilog


def _declared(parameters: Mapping[str, int]) -> str:
    return "".join(f"\n  parameter {key} = {value};" for key, value in parameters.items())


def _write_systems(proof: Proof, made: MutatedUnit, folder: Path) -> None:
    """The harness around the netlist as SMT-LIB, without and with what only the induction uses."""
    folder.mkdir(parents=True)
    verilog = (made.folder / f"{made.netlist}.v").read_text()
    wrapped = free_constant(verilog, made.netlist, made.name, made.parameters)
    (folder / f"{made.netlist}.v").write_text(wrapped)
    for path, more in ((_SYSTEM, ()), (_INDUCTION, ("INVARIANTS",))):
        elaborate = _elaborate(proof, folder, f"read_verilog -formal -sv {made.netlist}.v", *more)
        script = f"{elaborate}; proc; flatten; opt -keepdc; async2sync; chformal -lower; dffunmap"
        run_yosys(f"{script}; write_smt2 -stbv -wires {path}", cwd=folder)


@functools.cache
def _from_reset(path: Path) -> HarnessSystem:
    return HarnessSystem(path.read_text(), _CYCLES, from_reset=True)


@functools.cache
def _step(path: Path, depth: int) -> HarnessSystem:
    return HarnessSystem(path.read_text(), depth + 1, from_reset=False)
