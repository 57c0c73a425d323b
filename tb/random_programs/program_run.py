"""Runs a core program on the RTL and compares everything that came with the model of the core."""

from __future__ import annotations

import fcntl
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from t2c.common.atomic import write_atomic
from t2c.common.places import HDL, RTL
from t2c.contract.hardware import Hardware
from t2c.contract.memory_layouts import PROGRAM_LAYOUT
from t2c.golden.rom.image import write_image
from t2c.tb.components.stalls import parse_stalls
from t2c.tb.random_programs.accesses import AGAIN, PLAIN, Accesses, answer_faults, file_words
from t2c.tb.random_programs.core_program import CoreProgram, Expectation
from t2c.tb.simulation.runner import Design, build, run_limit, simulate
from t2c.tb.simulation.simulators import Simulator

MODULE, TESTS = "t2c.tb.random_programs.bench", ("program",)
SHOWN = 6
"""Faults of a run that are told."""


def design(hardware: Hardware, rtl: Path = RTL, *, coverage: bool = False) -> Design:
    """The core in the harness of programs; the same build for every program of this hardware."""
    return Design(
        top="program_harness",
        parameters=hardware.parameters(),
        rtl=rtl,
        extra=tuple(HDL / name for name in ("stall_gen.v", "program_harness.v")),
        timing=True,
        own_waves=True,
        coverage=coverage,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """One run of a program.

    expected: what it gives; None for one that a reset cuts off. flip: word of s_axis whose tlast is turned round.
    reset_at: cycle of a reset in mid-run; reset: one before the run; stall: back-pressure; programs: starts that are
    accepted.
    """

    expected: Expectation | None
    flip: int | None = None
    reset_at: int | None = None
    reset: bool = True
    stall: str = "none"
    seed: int = 1
    programs: int = 1

    def to_json(self, words: int) -> dict[str, Any]:
        stall_in, stall_out = parse_stalls(self.stall)
        cycles = self.expected.cycles if self.expected else self.reset_at or 0
        lines = self.expected.output.count(b"\n") if self.expected else 0
        some = {"flip": self.flip, "reset_at": self.reset_at}
        return {
            "reset": self.reset,
            "programs": self.programs,
            "seed": self.seed,
            "in_profile": stall_in.profile,
            "in_blocked": stall_in.blocked,
            "out_profile": stall_out.profile,
            "out_blocked": stall_out.blocked,
            # Twice what the worst profile, in which one cycle in ten is free, takes.
            "limit": self.programs * 2 * cycles + 20 * (words + lines) + 20_000,
            **{name: value for name, value in some.items() if value is not None},
        }


@dataclass(frozen=True, kw_only=True)
class ProgramResult:
    """What runs of a program gave. reasons: why they failed; compared: lines and answers; cycles: simulated."""

    reasons: tuple[str, ...]
    compared: int
    cycles: int
    seconds: float
    folder: Path

    @property
    def passed(self) -> bool:
        """Something was compared, and all of it was right."""
        return not self.reasons and self.compared > 0

    @property
    def sums_only(self) -> bool:
        """Something was wrong, and it was sums before requantisation alone."""
        return bool(self.reasons) and all(": sums: " in reason for reason in self.reasons)


@dataclass(frozen=True, kw_only=True, eq=False)
class ProgramJob:
    """Runs of one program in one simulation.

    accesses: of each run; suffix: of the folder's name; rtl: under test; plusargs: more of them, by name; timed: the
    RTL takes the cycles that the model says; else only what comes counts, and the registers' answers after the end;
    sums: compare the sums before requantisation, which not every engine shows.
    """

    program: CoreProgram
    runs: Sequence[Run]
    accesses: Accesses = PLAIN
    suffix: str = ""
    rtl: Path = field(default=RTL)
    coverage: bool = False
    plusargs: Mapping[str, Path | str] = field(default_factory=dict)
    timed: bool = True
    sums: bool = True

    def run(self, simulator: Simulator, output: Path) -> ProgramResult:
        """Build or reuse the simulator, simulate, compare.

        Raises:
            SimulatorError: the simulator cannot build the RTL.
        """
        hardware = self.program.hardware
        folder = output.resolve() / f"{self.program.name}{self.suffix}-{simulator.name}"
        folder.mkdir(parents=True, exist_ok=True)
        built = build(design(hardware, self.rtl, coverage=self.coverage), simulator, output)
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            nonce = self._write_files(folder)
            outcome = simulate(
                built,
                module=MODULE,
                tests=TESTS,
                directory=folder,
                seed=self.runs[0].seed,
                plusargs={**self._files(folder), **self.plusargs},
                environment={"T2C_PROGRAM_JOB": str(folder / "job.json")},
                limit=run_limit(self._cycle_limit, hardware.rows * hardware.cols),
            )
            ended = None
            if outcome.passed and (folder / "done.json").is_file():
                ended = json.loads((folder / "done.json").read_text())
            if ended is None or ended["nonce"] != nonce:
                reasons: list[str] = [f"the bench did not run to its end: see {outcome.log}"]
                return ProgramResult(
                    reasons=tuple(reasons), compared=0, cycles=0, seconds=outcome.seconds, folder=folder
                )
            reasons, compared = self._judge(ended["runs"], folder)
        return ProgramResult(
            reasons=tuple(reasons),
            compared=compared,
            cycles=sum(run["cycle"] for run in ended["runs"]),
            seconds=outcome.seconds,
            folder=folder,
        )

    @property
    def _cycle_limit(self) -> int:
        """Cycles after which the bench gives up, of all runs together."""
        return sum(run.to_json(len(self.program.words))["limit"] for run in self.runs)

    # ------------------------------------------------------------------ files
    def _files(self, folder: Path) -> dict[str, Path]:
        files = {name: folder / f"{name}.bin" for name in ("input", "reads", "writes")}
        files |= {name: folder / f"{name}.txt" for name in ("trace", "before", "sums", "output", "answers")}
        return files | {"program": folder / "program.hex"}

    def _write_files(self, folder: Path) -> str:
        for stale in (*folder.glob("*.txt"), folder / "done.json", folder / "results.xml"):
            stale.unlink(missing_ok=True)
        program = self.program
        write_image(folder / "program.hex", np.array(program.code, dtype=np.int64), PROGRAM_LAYOUT, "hex")
        write_atomic(folder / "input.bin", input_octets(program, self.programs))
        accesses = self._accesses
        write_atomic(folder / "reads.bin", file_words(accesses.reads))
        write_atomic(folder / "writes.bin", file_words(accesses.writes))
        nonce = secrets.token_hex(8)
        runs = [run.to_json(len(program.words)) for run in self.runs]
        job = {"nonce": nonce, "folder": str(folder), "runs": runs}
        (folder / "job.json").write_text(json.dumps(job, indent=1) + "\n")
        return nonce

    @property
    def _accesses(self) -> Accesses:
        """What is done in each run. Where no cycle is known, no start could be sure to come before the end."""
        if self.timed:
            return self.accesses
        return AGAIN if self.programs > 1 else PLAIN

    @property
    def programs(self) -> int:
        """How often the words of s_axis are sent."""
        return max(run.programs for run in self.runs)

    # ------------------------------------------------------------------ verdict
    def _judge(self, ended: list[dict[str, Any]], folder: Path) -> tuple[list[str], int]:
        reasons: list[str] = []
        compared = 0
        if len(ended) < len(self.runs):
            reasons.append(f"{len(ended)} of {len(self.runs)} runs came to an end")
        for number, (run, found) in enumerate(zip(self.runs, ended, strict=False)):
            mine = [f"{text}" for text in found["sticky"]]
            if found["hung"]:
                mine.append(f"not done after {found['cycle']} cycles; {found['taken']} words of s_axis were taken")
            elif run.expected is not None:
                names = ("trace", "before", "sums", "output", "answers")
                texts = {name: (folder / f"{name}_{number}.txt").read_bytes() for name in names}
                mine += self._faults(run, found, texts)
                compared += sum(text.count(b"\n") for text in texts.values())
            reasons += [f"{self._run_name(number)}: {text}" for text in mine[:SHOWN]]
        return reasons, compared

    def _run_name(self, number: int) -> str:
        run = self.runs[number]
        what = [f"run {number}", f"stall {run.stall}" if run.stall != "none" else ""]
        what.append(f"tlast of word {run.flip} turned round" if run.flip is not None else "")
        return ", ".join(filter(None, what))

    def _faults(self, run: Run, found: dict[str, Any], texts: dict[str, bytes]) -> Iterator[str]:
        expected = run.expected
        assert expected is not None
        if found["taken"] != run.programs * expected.taken:
            yield f"{found['taken']} words of s_axis were taken, {run.programs * expected.taken} were expected"
        kinds = {name: getattr(expected, name) for name in ("sums", "before", "trace", "output")}
        for name, wanted in kinds.items():
            if name == "sums" and not self.sums:
                continue
            yield from self._difference(name, texts[name], run.programs * wanted, expected)
        exact = run.stall == "none" and self.timed
        answers = texts["answers"].decode(errors="replace")
        hardware, accesses = self.program.hardware, self._accesses
        yield from answer_faults(answers, accesses, expected, hardware, exact, run.programs, least=self.timed)

    def _difference(self, name: str, got: bytes, wanted: bytes, expected: Expectation) -> Iterator[str]:
        if got == wanted:
            return
        lines, right = got.split(b"\n")[:-1], wanted.split(b"\n")[:-1]
        if len(lines) != len(right):
            yield f"{name}: {len(lines)} words came, {len(right)} were expected"
        different = [k for k, pair in enumerate(zip(lines, right, strict=False)) if pair[0] != pair[1]]
        if different:
            first = different[0]
            counted = {"trace": expected.trace_steps, "before": expected.before_steps, "sums": expected.sum_steps}
            steps = counted.get(name)
            where = f", of step {steps[first % len(steps)]}" if steps is not None else ""
            text = f"{lines[first].decode(errors='replace')} came, {right[first].decode()} was expected"
            yield f"{name}: {len(different)} words differ, the first is word {first}{where}: {text}"


def input_octets(program: CoreProgram, times: int = 1) -> bytes:
    """The file of s_axis: how many words, then {tlast, data} of each."""
    width = program.hardware.stream_w
    size = (width + 8) // 8
    octets = np.zeros((len(program.words), size), dtype=np.uint8)
    octets[:, size - program.words.shape[1] :] = program.words
    octets[:, size - 1 - width // 8] |= program.last.astype(np.uint8) << (width % 8)
    return np.array([times * len(octets)], dtype=">u4").tobytes() + times * octets.tobytes()
