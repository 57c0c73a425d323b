"""Build a simulator for a design and run cocotb tests in it; one build serves every run with the same configuration.

A build is whole or none: its stamp, written last, has the digest of what was made.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import re
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from t2c.common.atomic import write_atomic
from t2c.common.errors import SimulatorError
from t2c.common.places import IMPORT_ROOT, RTL
from t2c.tb.simulation.cocotb_runner import first_error, make_runner, plain_environment, read_results, refuse_full_disk
from t2c.tb.simulation.filelist import NAME as FILELIST
from t2c.tb.simulation.filelist import FileList, read_filelist
from t2c.tb.simulation.plain_paths import builds_folder, within
from t2c.tb.simulation.simulators import ICARUS, VERILATOR, Simulator

_STAMP, _LOCK = "built.json", "lock"
BUILD_LIMIT, RUN_LIMIT = 3600.0, 900.0
"""Seconds of a process that builds, and of one that simulates if nobody says how long it may take."""
SLOWEST = 10_000
"""Elements of the array times cycles that any simulator does in a second."""
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
    toggles, and each run writes COVERAGE_DATA; main: C++ that drives the clocks of a design without cocotb, Verilator's
    own if there is none.
    """

    top: str
    parameters: Mapping[str, int] = field(default_factory=dict)
    rtl: Path = RTL
    extra: tuple[Path, ...] = ()
    timing: bool = False
    own_waves: bool = False
    published: tuple[str, ...] = ()
    coverage: bool = False
    main: Path | None = None

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
        main = [self.main] if self.main else []
        for path in [*self.sources(), *self.headers(), *main, Path(__file__), VERILATOR_PY]:
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
        return digest.hexdigest()[:12]


@dataclass(frozen=True, kw_only=True)
class Build:
    """A simulator that has been built."""

    design: Design
    simulator: Simulator
    directory: Path
    waves: bool


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
    directory = builds_folder(output) / name
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_whole(directory, _product(design, simulator, directory)):
            _clear(directory)
            _build_locked(design, simulator, directory, waves)
            if design.fingerprint(simulator, waves) != fingerprint:
                (directory / _STAMP).unlink()
                raise SimulatorError(f"the sources of {design.top} changed while it was built; run again")
    return Build(design=design, simulator=simulator, directory=directory, waves=waves)


def _product(design: Design, simulator: Simulator, directory: Path) -> Path:
    """What a build makes and a run starts."""
    return directory / ("sim.vvp" if simulator.name == ICARUS else design.top)


def _is_whole(directory: Path, product: Path) -> bool:
    """Whether a build is there and as it was made; what a full disk or a lost power left is none."""
    try:
        return bool(json.loads((directory / _STAMP).read_text())["sha256"] == _digest(product))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _clear(directory: Path) -> None:
    """Remove what a build that did not end left: make would take half an object for a whole one."""
    for path in directory.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != _LOCK:
            path.unlink(missing_ok=True)


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
    log, product = directory / "build.log", _product(design, simulator, directory)
    runtime = runtime_objects(directory.parent, arguments, simulator.version)
    started = time.perf_counter()
    try:
        with plain_environment():
            make_runner(simulator, BUILD_LIMIT, runtime).build(
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
        made = _digest(product) if product.stat().st_size else ""
    except (RuntimeError, OSError) as error:
        refuse_full_disk(directory)
        shutil.rmtree(runtime, ignore_errors=True)  # should it be one of those objects that is broken
        cause = first_error(log)
        if waves and re.search(r"(lz4|zlib)\.h", cause):
            headers = "'apt-get install liblz4-dev zlib1g-dev'"
            cause = f"FST output needs the headers of lz4 and zlib: {headers}; Icarus needs none"
        raise SimulatorError(f"{simulator.name} cannot build {design.top}: {cause} (see {log})") from error
    if not made:
        raise SimulatorError(f"{simulator.name} made nothing of {design.top}: {product.name} is empty (see {log})")
    setup = {"top": design.top, "parameters": dict(design.parameters), "seconds": time.perf_counter() - started}
    write_atomic(directory / _STAMP, json.dumps({**setup, "sha256": made}, indent=1) + "\n")


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


def run_limit(cycles: int, cells: int) -> float:
    """Seconds that the slowest simulator may take for so many cycles of an array with so many elements."""
    return RUN_LIMIT + cycles * cells / SLOWEST


def simulate(
    built: Build,
    *,
    module: str,
    tests: Sequence[str],
    directory: Path,
    seed: int,
    plusargs: Mapping[str, Path | str] | None = None,
    environment: Mapping[str, str] | None = None,
    limit: float = RUN_LIMIT,
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
        limit: seconds that it gets, on a quiet machine.

    Raises:
        ValueError: no tests are named.
        SimulatorError: it did not end in time, or did nothing at all, or the disk is full.
    """
    if not tests:
        raise ValueError("no tests are named; a run without tests proves nothing")
    directory = directory.resolve()  # the simulator runs in it
    directory.mkdir(parents=True, exist_ok=True)
    log, results = directory / "sim.log", directory / "results.xml"
    (directory / COVERAGE_DATA).unlink(missing_ok=True)
    arguments = [f"+{name}={within(path, directory)}" for name, path in (plusargs or {}).items()]
    verilator = built.simulator.name == VERILATOR
    fst = directory / ("dump.fst" if verilator else "waves.fst")
    if verilator:
        arguments += ["+verilator+rand+reset+2", f"+verilator+seed+{seed % 0x7FFFFFFF + 1}"]
    elif built.waves and not built.design.own_waves:
        arguments.append(f"+dumpfile_path={fst.name}")
    if built.waves and built.design.own_waves:
        arguments.append(f"+wave_file={fst.name}")
    if str(IMPORT_ROOT) not in sys.path:  # cocotb hands sys.path on to the simulator
        sys.path.append(str(IMPORT_ROOT))
    started = time.perf_counter()
    with plain_environment():
        runner = make_runner(built.simulator, limit)
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
    ran, failed = read_results(results, log, built.simulator)
    return Outcome(
        passed=ran == len(tests) and failed == 0 and not crashed,
        crashed=crashed,
        tests=ran,
        failed=failed,
        seconds=seconds,
        log=log,
        waves=fst if built.waves and fst.is_file() else None,
    )
