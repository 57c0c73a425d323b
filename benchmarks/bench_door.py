"""What the harness of an accelerator costs beside a plain main in C++: the same module, words and options.

Run as `make bench-door`. Both programs are started in turn; of each pair the ratio is taken, and figures are medians.
What is timed is the whole process: files that are read and written are part of both.
"""

from __future__ import annotations

import contextlib
import resource
import shlex
import shutil
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.page import recorded
from t2c.common.command import Parser, run
from t2c.common.errors import UserError
from t2c.common.options import add_options
from t2c.common.places import EXAMPLES, ROOT
from t2c.golden.graph.find_package import open_package
from t2c.tb.accelerator.description import AcceleratorDescription, load_accelerator
from t2c.tb.accelerator.events import Events, read_events
from t2c.tb.accelerator.harness import EVENTS
from t2c.tb.accelerator.judge import judge
from t2c.tb.accelerator.run import harness_design
from t2c.tb.accelerator.run_files import BoundAccelerator, write_run_files
from t2c.tb.accelerator.stream_port import ProbePort
from t2c.tb.accelerator.tensors import TensorBook
from t2c.tb.simulation.plain import PlainBuild, build_plain
from t2c.tb.simulation.simulators import Simulator, find_simulator
from t2c.tb.simulation.verilator import TIMING_ARGS, VERILATOR_ARGS, make_arguments

OUTPUT = ROOT / "sim_build" / "door"
PLAIN = Path(__file__).parent / "door"
TARGET = 1.3
"""Seconds of the harness for one second of the plain main, at most."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """An example. without: a port whose lines are taken out of its description; runs: with inputs of their own; rounds:
    so often all of them; stream: TARGET is meant for it."""

    example: str
    runs: int
    rounds: int
    stream: bool
    without: str = ""

    @property
    def title(self) -> str:
        return self.example + (f", without the probe {self.without}" if self.without else "")


CASES = (
    Case(example="stream_cnn", without="inner", runs=360, rounds=2, stream=True),
    Case(example="stream_cnn", runs=360, rounds=2, stream=False),
    Case(example="os_gemm", runs=45, rounds=40, stream=False),
    Case(example="nngen", runs=32, rounds=1, stream=False),
)


def named_package(description: AcceleratorDescription) -> str:
    """The package of a description, beside it or by name."""
    beside = description.path.parent / description.package
    return str(beside) if beside.is_dir() else description.package


def described(case: Case) -> AcceleratorDescription:
    """The example's description, in a copy of its folder."""
    folder = OUTPUT / case.example
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(EXAMPLES / "accelerators" / case.example, folder)
    dut = folder / "dut.yaml"
    if case.without:
        lines = [line for line in dut.read_text().splitlines(keepends=True) if case.without not in line]
        dut.write_text("".join(lines))
    with contextlib.redirect_stdout(sys.stderr):  # what it generates does not belong on the page
        return load_accelerator(dut, lambda named: folder / named, OUTPUT)


def build_peer(case: Case, sources: Sequence[Path], top: str, simulator: Simulator) -> Path:
    """The plain main and the module, with the options of the harness.

    Raises:
        UserError: it cannot be built; the message has the first line of it.
    """
    folder = OUTPUT / f"{case.example}-plain"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    simulator.activate()
    verilate = ["verilator", "--cc", "--exe", "--top-module", top, "--prefix", "Vtop", "--Mdir", ".", "-o", "plain"]
    verilate += [*VERILATOR_ARGS, *TIMING_ARGS, *map(str, sources), str(PLAIN / f"{case.example}.cpp")]
    for command in (verilate, ["make", "-f", "Vtop.mk", *make_arguments()]):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise UserError(f"the plain main cannot be built: {done.stderr.splitlines()[-1]}: {shlex.join(command)}")
    return folder / "plain"


def timed(command: list[str], folder: Path) -> tuple[float, str]:
    """Seconds of a processor that a program takes, and what it prints."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, done.stdout


def same_words(case: Case, description: AcceleratorDescription, events: Events, folder: Path) -> int:
    """Check that both saw the same words, but for those inside, of which the plain main knows nothing; how many.

    Raises:
        UserError: they did not.
    """
    ours = []
    for (_, name), seen in events.ports.items():
        if isinstance(description.ports[name], ProbePort):
            continue
        ours += [(cycle, int(text, 16)) for cycle, _, text in seen.words]
        ours += [(cycle, int(text, 16)) for cycle, _, _, text in seen.reads]
        ours += [(cycle, int(text, 16)) for cycle, _, _, text, _ in seen.writes]
    words = [word for _, word in sorted(ours)]
    theirs = [int(line.split()[-1], 16) for line in (folder / "plain.out").read_text().splitlines()]
    if words != theirs:
        raise UserError(f"{case.title}: the plain main gives {len(theirs)} other words than the harness, {len(words)}")
    return len(words)


def measure(case: Case, simulator: Simulator, repeats: int) -> float:
    """Print one example; the median ratio."""
    description = described(case)
    _, package = open_package(named_package(description))
    book = TensorBook(package, 0, case.runs, description.batch)
    bound = BoundAccelerator.bind(description, book, case.runs)
    built: PlainBuild = build_plain(harness_design(description, OUTPUT), simulator, OUTPUT)
    peer = build_peer(case, description.files.sources, description.top, simulator)
    folder = OUTPUT / f"{case.example}-run"
    folder.mkdir(parents=True, exist_ok=True)
    plan = [(run_of, 0) for run_of in range(case.runs)] * case.rounds
    write_run_files(bound, plan, folder)
    pairs = []
    for _ in range(repeats + 1):
        ours, _ = timed([str(built.program)], folder)
        theirs, said = timed([str(peer)], folder)
        pairs.append((ours, theirs))
    events = read_events(folder / EVENTS)
    verdict = judge(bound, plan, events)
    if not verdict.passed:
        raise UserError(f"{case.title}: {verdict.findings[0].text}")
    words = same_words(case, description, events, folder)
    ratio = statistics.median(ours / theirs for ours, theirs in pairs[1:])
    ours, theirs = (statistics.median(pair[side] for pair in pairs[1:]) for side in (0, 1))
    print(f"{case.title}: {len(plan):,} runs, {words:,} words out, all alike; seconds, median of {repeats}")
    judged = f", target {TARGET}: {'met' if ratio <= TARGET else 'MISSED'}" if case.stream else ""
    print(f"  harness {ours:.3f} for {events.cycles:,} cycles, plain C++ {theirs:.3f} for {int(said):,}", end="; ")
    print(f"ratio {ratio:.2f}{judged}", flush=True)
    return ratio


def main() -> int:
    """Print every example."""
    parser = Parser(prog="bench-door", description="What the harness of an accelerator costs beside a plain C++ main.")
    parser.add_argument("--repeats", type=int, default=9)
    add_options(parser, "bench-door")
    options = parser.parse_args()
    with recorded("bench-door", bool(options.write)):
        simulator = find_simulator("verilator")
        for case in CASES:
            measure(case, simulator, options.repeats)
    return 0


if __name__ == "__main__":
    run(main, extra=(UserError,))
