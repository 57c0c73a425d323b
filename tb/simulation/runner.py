"""Build a simulator for a design and run cocotb tests in it; one build serves every run with the same configuration.

cocotb is imported where a simulator is built or run, and only there: the model of the core runs without it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import logging
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from t2c.common.errors import SimulatorError
from t2c.common.places import IMPORT_ROOT, RTL
from t2c.tb.simulation.filelist import NAME as FILELIST
from t2c.tb.simulation.filelist import FileList, read_filelist
from t2c.tb.simulation.simulators import ICARUS, VERILATOR, Simulator

if TYPE_CHECKING:
    from cocotb_tools.runner import Runner

_STAMP = "built.json"
COVERAGE_DATA = "coverage.dat"
"""What Verilator's VerilatedCov::write leaves in the folder of a run."""
VERILATOR_PY = Path(__file__).with_name("verilator.py")
_TIMESCALE = ("1ns", "1ps")


@dataclass(frozen=True, kw_only=True)
class Design:
    """What to build: top module, its parameters, sources, and whether it makes its own clock.

    rtl: folder of the RTL under test (tests plant faults in copies); extra: simulation-only sources;
    timing: the sources use delays; own_waves: the sources write their own FST, +wave_file=, when told to; published:
    patterns of the top module's signals that cocotb touches and that the sources do not publish themselves (Verilator
    hides all others); coverage: Verilator counts lines and
    toggles, and each run writes COVERAGE_DATA.
    """

    top: str
    parameters: Mapping[str, int] = field(default_factory=dict)
    rtl: Path = RTL
    extra: tuple[Path, ...] = ()
    timing: bool = False
    own_waves: bool = False
    published: tuple[str, ...] = ()
    coverage: bool = False

    @property
    def files(self) -> FileList:
        """What the folder of the RTL lists."""
        return read_filelist(self.rtl / FILELIST)

    def includes(self) -> list[Path]:
        """Folders of `include files."""
        return [self.rtl, *self.files.includes]

    def headers(self) -> list[Path]:
        """Files that the sources may include."""
        return sorted(path for folder in self.includes() for path in folder.glob("*.*vh"))

    def sources(self) -> list[Path]:
        """RTL files in the order of filelist.f, then the extra ones."""
        return [*self.files.sources, *self.extra]

    def fingerprint(self, simulator: Simulator, waves: bool) -> str:
        """A digest of everything that the build depends on; it names the build directory."""
        import cocotb_tools.config

        digest = hashlib.sha256()
        setup = [
            simulator.name,
            simulator.version,
            self.top,
            sorted(self.parameters.items()),
            self.timing,
            self.published,
            self.coverage,
            sorted(self.files.defines.items()),
            waves,
        ]
        digest.update(json.dumps([*setup, sys.version, str(cocotb_tools.config.libs_dir)]).encode())
        for path in [*self.sources(), *self.headers(), Path(__file__), VERILATOR_PY]:
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
        return digest.hexdigest()[:12]


@dataclass(frozen=True, kw_only=True)
class Build:
    """A simulator that has been built."""

    design: Design
    simulator: Simulator
    directory: Path
    waves: bool


def _runner(simulator: Simulator, runtime: Path | None = None) -> Runner:
    from cocotb_tools.runner import Icarus

    from t2c.tb.simulation.verilator import LeanVerilator

    simulator.activate()
    return Icarus() if simulator.name == ICARUS else LeanVerilator(runtime)


@contextlib.contextmanager
def _plain_environment() -> Iterator[None]:
    """Hide the variables by which pytest or a shell would change what cocotb's runner does."""
    before, level = dict(os.environ), logging.getLogger().level
    for name in ("PYTEST_CURRENT_TEST", "WAVES", "GUI"):
        os.environ.pop(name, None)
    if shutil.which("ccache"):
        os.environ.setdefault("OBJCACHE", "ccache")
    logging.getLogger().setLevel(logging.WARNING)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        logging.getLogger().setLevel(level)


def build(design: Design, simulator: Simulator, output: Path, *, waves: bool = False) -> Build:
    """Build the design, or return the build that is already there.

    Args:
        design: what to build.
        simulator: what with.
        output: folder of all build output (sim_build).
        waves: with FST tracing; a build of its own.

    Raises:
        SimulatorError: the simulator refuses the sources; the message names the log.
    """
    fingerprint = design.fingerprint(simulator, waves)
    name = f"{simulator.name}-{design.top}-{fingerprint}"
    directory = output / "builds" / name
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (directory / _STAMP).is_file():
            _build_locked(design, simulator, directory, waves)
            if design.fingerprint(simulator, waves) != fingerprint:
                (directory / _STAMP).unlink()
                raise SimulatorError(f"the sources of {design.top} changed while it was built; run again")
    return Build(design=design, simulator=simulator, directory=directory, waves=waves)


def _build_locked(design: Design, simulator: Simulator, directory: Path, waves: bool) -> None:
    from t2c.tb.simulation.verilator import COVERAGE_ARGS, TIMING_ARGS, VERILATOR_ARGS, runtime_objects

    arguments: list[str] = []
    if simulator.name == VERILATOR:
        arguments += [*VERILATOR_ARGS, *(TIMING_ARGS if design.timing else []), *(["--trace-fst"] if waves else [])]
        arguments += COVERAGE_ARGS if design.coverage else ()
    sources = [str(path) for path in design.sources()]
    if simulator.name == VERILATOR and design.published:
        rules = [f'public_flat_rw -module "{design.top}" -var "{pattern}"' for pattern in design.published]
        published = directory / "published.vlt"
        published.write_text("\n".join(["`verilator_config", *rules, ""]))
        sources.append(str(published))
    log = directory / "build.log"
    started = time.perf_counter()
    try:
        with _plain_environment():
            _runner(simulator, runtime_objects(directory.parent, arguments, simulator.version)).build(
                sources=sources,
                includes=[str(folder) for folder in design.includes()],
                defines=dict(design.files.defines),
                parameters=dict(design.parameters),
                build_args=arguments,
                hdl_toplevel=design.top,
                always=True,
                build_dir=str(directory),
                timescale=_TIMESCALE,
                waves=waves and not (design.own_waves and simulator.name == ICARUS),
                log_file=str(log),
            )
    except RuntimeError as error:
        cause = _first_error(log)
        if waves and re.search(r"(lz4|zlib)\.h", cause):
            headers = "'apt-get install liblz4-dev zlib1g-dev'"
            cause = f"FST output needs the headers of lz4 and zlib: {headers}; Icarus needs none"
        raise SimulatorError(f"{simulator.name} cannot build {design.top}: {cause} (see {log})") from error
    setup = {"top": design.top, "parameters": dict(design.parameters), "seconds": time.perf_counter() - started}
    (directory / _STAMP).write_text(json.dumps(setup, indent=1) + "\n")


def _first_error(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
    for line in lines:
        if "error" in line.lower():
            return line.strip()
    return lines[-1].strip() if lines else "no output"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one simulator run said.

    passed: every wanted test ran, none failed, and the simulator ended well; crashed: it did not end well.
    """

    passed: bool
    crashed: bool
    tests: int
    failed: int
    seconds: float
    log: Path
    waves: Path | None


def simulate(
    built: Build,
    *,
    module: str,
    tests: Sequence[str],
    directory: Path,
    seed: int,
    plusargs: Mapping[str, Path | str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Outcome:
    """Run cocotb tests in a built simulator.

    Args:
        built: the build.
        module: Python module of the bench.
        tests: names of the tests that must run; that fewer ran is a failure.
        directory: folder of this run: log, results.xml, waves.
        seed: of every random choice, cocotb's and the simulator's.
        plusargs: name to value.
        environment: more variables for the bench.

    Raises:
        ValueError: no tests are named.
    """
    from cocotb_tools.check_results import get_results

    if not tests:
        raise ValueError("no tests are named; a run without tests proves nothing")
    directory.mkdir(parents=True, exist_ok=True)
    log, results = directory / "sim.log", directory / "results.xml"
    (directory / COVERAGE_DATA).unlink(missing_ok=True)
    arguments = [f"+{name}={path}" for name, path in (plusargs or {}).items()]
    verilator = built.simulator.name == VERILATOR
    fst = directory / ("dump.fst" if verilator else "waves.fst")
    if verilator:
        arguments += ["+verilator+rand+reset+2", f"+verilator+seed+{seed % 0x7FFFFFFF + 1}"]
    elif built.waves and not built.design.own_waves:
        arguments.append(f"+dumpfile_path={fst}")
    if built.waves and built.design.own_waves:
        arguments.append(f"+wave_file={fst}")
    if str(IMPORT_ROOT) not in sys.path:  # cocotb hands sys.path on to the simulator
        sys.path.append(str(IMPORT_ROOT))
    started = time.perf_counter()
    with _plain_environment():
        runner = _runner(built.simulator)
        runner.parameters = dict(built.design.parameters)
        try:
            runner.test(
                test_module=module,
                hdl_toplevel=built.design.top,
                hdl_toplevel_lang="verilog",
                testcase=list(tests),
                seed=seed,
                plusargs=arguments,
                extra_env={"COCOTB_ANSI_OUTPUT": "0", **(environment or {})},
                waves=built.waves and not (built.design.own_waves and verilator),
                build_dir=str(built.directory),
                test_dir=str(directory),
                results_xml=str(results),
                log_file=str(log),
            )
            crashed = False
        except (RuntimeError, SystemExit):
            crashed = True
    seconds = time.perf_counter() - started
    try:
        ran, failed = get_results(results)
    except (RuntimeError, OSError):
        ran, failed = 0, 0
    return Outcome(
        passed=ran == len(tests) and failed == 0 and not crashed,
        crashed=crashed,
        tests=ran,
        failed=failed,
        seconds=seconds,
        log=log,
        waves=fst if built.waves and fst.is_file() else None,
    )
