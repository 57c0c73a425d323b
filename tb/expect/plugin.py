"""pytest plug-in: the fixture `cocotb_bench` runs a user's cocotb tests and fails with golden's report.

cocotb's own pytest plug-in is private in 2.1 (`cocotb_tools._pytest`, "the API will change in breaking ways"), so this
one rests on cocotb's runner alone.
"""

from __future__ import annotations

import contextlib
import json
import logging
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from t2c.common.errors import SimulatorError
from t2c.tb.expect.expected import REPORT, WrongTensor
from t2c.tb.simulation.cocotb_runner import first_error, make_runner, plain_environment, read_results
from t2c.tb.simulation.simulators import VERILATOR, find_simulator

PROPERTY = "golden"
LIMIT = 900.0
"""Seconds for a build, and for a run."""
Bench = Callable[..., None]
_UNKNOWN_PARAMETER = re.compile(r"warning: parameter [`']?(\w+)'? not found in ")
"""Of Icarus, which then leaves it at that; Verilator refuses it."""


@pytest.fixture
def cocotb_bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    """Build sources and run the cocotb tests of the test's own module, or of another:

        def test_it(cocotb_bench):
            cocotb_bench(["my_module.v"], top="my_module", simulator="verilator")

    sources: relative to the test's file; top: module; simulator: icarus or verilator; parameters: of the module;
    module: with the cocotb tests; build_args: more words for the simulator's build; seed: of cocotb.

    The test fails unless all cocotb tests passed, and every tensor that they expected was compared and equal.
    """
    home = Path(str(request.path)).parent

    def run(
        sources: Sequence[str | Path],
        top: str,
        *,
        simulator: str = "icarus",
        parameters: Mapping[str, int] | None = None,
        module: str | None = None,
        build_args: Sequence[str] = (),
        seed: int = 1,
    ) -> None:
        __tracebackhide__ = True
        files = [home / source for source in sources]
        for file in files:
            if not file.is_file():
                pytest.fail(f"{file}: there is no such source", pytrace=False)
        name = module or request.module.__name__
        if str(home) not in sys.path:
            sys.path.insert(0, str(home))  # cocotb hands it on to the simulator
        folder = tmp_path / "cocotb"
        folder.mkdir(exist_ok=True)
        report = folder / "expected.jsonl"
        report.unlink(missing_ok=True)
        try:
            lines = _simulate(files, top, simulator, dict(parameters or {}), name, build_args, seed, folder, report)
            found = _read(report)
        except SimulatorError as error:
            lines, found = [str(error)], {}
        for record in found.values():
            if record["state"] == "compared" and not record["report"]:
                text = f"{record['label']}: {record['elements']:,} elements equal"
                request.node.user_properties.append((PROPERTY, text))
        if found or not lines:
            lines += _wrong(found)
        if lines:
            pytest.fail("\n".join(lines), pytrace=False)

    return run


def _simulate(
    files: Sequence[Path],
    top: str,
    simulator: str,
    parameters: dict[str, int],
    module: str,
    build_args: Sequence[str],
    seed: int,
    folder: Path,
    report: Path,
) -> list[str]:
    """Build and run; return a line for each cocotb test that failed."""
    found = find_simulator(simulator)
    log, build_log, results = folder / "sim.log", folder / "build.log", folder / "results.xml"
    words, arguments = [str(file) for file in files], list(build_args)
    if found.name == VERILATOR:
        from t2c.tb.simulation.verilator import VERILATOR_ARGS

        published = folder / "published.vlt"
        published.write_text('`verilator_config\npublic_flat_rw -module "*" -var "*"\n')
        words, arguments = [*words, str(published)], [*VERILATOR_ARGS, "--timing", *arguments]
    with plain_environment():
        runner = make_runner(found, LIMIT)
        runner.log.setLevel(logging.WARNING)
        try:
            runner.build(
                sources=words,
                includes=sorted({str(file.parent) for file in files}),
                parameters=parameters,
                build_args=arguments,
                hdl_toplevel=top,
                always=True,
                build_dir=str(folder / "build"),
                timescale=("1ns", "1ps"),
                log_file=str(build_log),
            )
        except (RuntimeError, SystemExit) as error:
            cause = first_error(build_log)
            raise SimulatorError(f"{found.name} cannot build {top}: {cause} (see {build_log})") from error
        unknown = _UNKNOWN_PARAMETER.search(build_log.read_text(errors="replace") if build_log.is_file() else "")
        if unknown:
            raise SimulatorError(f"{top} has no parameter {unknown[1]!r}")
        with contextlib.suppress(RuntimeError, SystemExit):  # the results say what failed
            runner.test(
                test_module=module,
                hdl_toplevel=top,
                hdl_toplevel_lang="verilog",
                seed=seed,
                extra_env={"COCOTB_ANSI_OUTPUT": "0", REPORT: str(report)},
                build_dir=str(folder / "build"),
                test_dir=str(folder),
                results_xml=str(results),
                log_file=str(log),
            )
    ran, failed = read_results(results, log, found)
    if not ran:
        return [f"no cocotb test of {module} ran: {first_error(log)} (see {log})"]
    return list(_failures(results)) if failed else []


def _failures(results: Path) -> Iterator[str]:
    """What each failed cocotb test said, in one line; a wrong tensor has its own report."""
    for case in ElementTree.parse(results).getroot().iter("testcase"):
        for failure in (*case.iter("failure"), *case.iter("error")):
            said = failure.get("error_msg") or failure.get("message") or failure.text or "no message"
            kind = failure.get("error_type") or failure.get("type") or ""
            first = said.strip().splitlines()[0] if said.strip() else "no message"
            if WrongTensor.__name__ in kind + first:
                continue
            yield f"cocotb test {case.get('name')} failed: {kind + ': ' if kind else ''}{first}"


def _read(report: Path) -> dict[int, dict[str, Any]]:
    """The last state of each expected tensor, in the order in which they were expected."""
    found: dict[int, dict[str, Any]] = {}
    lines = report.read_text().splitlines() if report.is_file() else []
    for line in lines:
        record = json.loads(line)
        found[record["number"]] = record
    return found


def _wrong(found: Mapping[int, Mapping[str, Any]]) -> list[str]:
    if not found:
        return ["nothing was compared: no cocotb test expected a tensor"]
    lines = []
    for record in found.values():
        lines += record.get("report", [])
        if record["state"] == "expected":
            lines.append(f"{record['label']} was expected and never checked: use `with`, or call check()")
    return lines


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line for each tensor that was equal."""
    lines = [
        f"{report.nodeid}  {text}"
        for report in terminalreporter.getreports("passed")
        if report.when == "call"
        for name, text in report.user_properties
        if name == PROPERTY
    ]
    if lines:
        terminalreporter.section("golden")
        for line in lines:
            terminalreporter.write_line(line)
