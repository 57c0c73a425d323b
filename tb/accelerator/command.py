"""`make sim DUT=...` for an accelerator: a campaign of scenarios, or the one that is asked for; table and verdict."""

from __future__ import annotations

import argparse
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path

from t2c.common.errors import SettingError, UserError
from t2c.common.options import options_of
from t2c.common.own_python import DIGITS
from t2c.common.spelling import command
from t2c.common.text_table import aligned
from t2c.golden.errors import NoPackageError
from t2c.golden.graph.find_package import open_package
from t2c.golden.target.own_node import own_functions, package_with_functions
from t2c.tb.accelerator.description import AcceleratorDescription, load_accelerator
from t2c.tb.accelerator.judge import DoorFinding
from t2c.tb.accelerator.run import ScenarioResult, run_scenario
from t2c.tb.accelerator.run_files import BoundAccelerator
from t2c.tb.accelerator.scenario import Scenario, parse_port_stalls
from t2c.tb.accelerator.tensors import TensorBook
from t2c.tb.components.stalls import PROFILES
from t2c.tb.simulation.simulators import Simulator, find_simulator

SHOWN = 12
"""Findings of a scenario that are printed; result.json has all."""
BEFORE, AFTER = 100, 20
"""Cycles of a waveform around the first wrong word."""
USUAL_STALL = "none"


def run_accelerator_command(options: argparse.Namespace, waves: tuple[int, int | None] | None) -> int:
    """Run the description `options.dut`; return 0 for a PASS, 1 otherwise."""
    if options.images < 1:
        raise SettingError.below("images", options.images, 1)
    output = options.out.resolve()
    path = Path(options.dut)
    description = load_accelerator(path, lambda named: open_package(_model(path, named, options))[0], output)
    model, book = _tensors(description, options)
    bound = BoundAccelerator.bind(description, book, options.images)
    simulator = find_simulator(options.sim)
    folder = output / f"accelerator-{description.top}-{simulator.name}"
    folder.mkdir(parents=True, exist_ok=True)
    single = options.stall != USUAL_STALL or options.reset_at or waves
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        campaign = _Campaign(bound, book, options, model, simulator, output, folder)
        results = [campaign.asked_for(waves)] if single else list(campaign.scenarios())
        print("\n".join(campaign.lines(results, localise=not waves)), flush=True)
        passed = all(result.verdict.passed for result in results)
        (folder / "result.json").write_text(json.dumps(_record(results, passed), indent=1) + "\n")
    return 0 if passed else 1


def _model(path: Path, named: str, options: argparse.Namespace) -> str:
    """The package: MODEL where it is set to another than the usual, else that which a description names."""
    usual = next(option.default for option in options_of("sim") if option.name == "model")
    if not named or options.model != usual:
        return str(options.model)
    beside = path.parent / named
    return os.path.relpath(beside) if beside.is_dir() else named


def _tensors(description: AcceleratorDescription, options: argparse.Namespace) -> tuple[str, TensorBook | None]:
    """The package and its tensors; none if no entry names one."""
    if not any("tensor" in entry.entries for entry in (*description.loads, *description.outs)):
        return "", None
    named = _model(description.path, description.package, options)
    try:
        path, package = open_package(named)
    except NoPackageError as error:
        if named != description.package:
            raise
        raise UserError(
            f"{description.path}: package: {str(error).removeprefix('--').removeprefix('model = ')}"
        ) from error
    package = package_with_functions(package, description.references)
    return str(path), TensorBook(package, options.first_image, options.images, description.batch)


class _Campaign:
    def __init__(
        self,
        bound: BoundAccelerator,
        book: TensorBook | None,
        options: argparse.Namespace,
        model: str,
        simulator: Simulator,
        output: Path,
        folder: Path,
    ) -> None:
        self.bound, self.book, self.options, self.model, self.simulator = bound, book, options, model, simulator
        self.output, self.folder = output, folder
        ports = [port for port in bound.description.ports.values() if port.stalls]
        self.takes = [port.name for port in ports if port.loads or not port.gives]
        self.gives = [port.name for port in ports if port.gives and not port.loads]

    def scenario(self, name: str, text: str, reset_at: int = 0) -> Scenario:
        """A scenario by what STALL says."""
        stalls = parse_port_stalls(text, self.takes, self.gives)
        return Scenario(name=name, text=text, seed=self.options.seed, stalls=stalls, reset_at=reset_at)

    def asked_for(self, waves: tuple[int, int | None] | None) -> ScenarioResult:
        """What STALL and RESET_AT say."""
        text, reset_at = self.options.stall, self.options.reset_at
        if reset_at < 0:
            raise SettingError.below("reset_at", reset_at, 0)
        if reset_at and not self.bound.description.resets:
            raise UserError(f"{self.bound.description.path}: it has no reset, so none in mid-run")
        name = f"stall {text}" + (f", reset at {reset_at}" if reset_at else "")
        return self._run(self.scenario(name, text, reset_at), waves)

    def scenarios(self) -> Iterator[ScenarioResult]:
        """All images in a row, then behind stalls of all kinds, each port alone, and after a reset in mid-run."""
        plain = self._run(self.scenario("no stalls", "none,none"))
        yield plain
        names = [*self.takes, *self.gives]
        texts = [name for name in PROFILES if name not in ("none", "p10")] if names else []
        texts += [f"{name}:p90" for name in names] if len(names) > 1 else []
        for text in texts:
            yield self._run(self.scenario(f"stall {text}", text))
        if self.bound.description.resets and plain.verdict.cycles:
            for part in (1, 2, 3):
                at = max(plain.verdict.cycles * part // 4, 1)
                yield self._run(self.scenario(f"reset at cycle {at}", "none,none", at))

    def _run(self, scenario: Scenario, waves: tuple[int, int | None] | None = None) -> ScenarioResult:
        name = "".join(letter if letter.isalnum() else "_" for letter in scenario.name)
        return run_scenario(self.bound, scenario, self.simulator, self.output, self.folder / name, waves)

    # ------------------------------------------------------------------ what is printed

    def lines(self, results: list[ScenarioResult], *, localise: bool) -> list[str]:
        """Table, facts, verdict; of the first scenario that fails what is wrong there."""
        bad = [result for result in results if not result.verdict.passed]
        rows = [("scenario", "runs", "compared", "wrong", "cycles", "")]
        for result in results:
            found = result.verdict
            compared = sum(count.compared for count in found.counts)
            wrong = sum(count.wrong + count.missing for count in found.counts)
            end = "" if found.passed else "FAIL"
            rows.append(
                (
                    result.scenario.name,
                    f"{self.bound.runs}",
                    f"{compared:,}",
                    f"{wrong:,}",
                    f"{found.total_cycles:,}",
                    end,
                )
            )
        table = aligned(rows, right=(1, 2, 3, 4))
        shown = bad[0] if bad else results[0]
        tensors: list[tuple[str, ...]] = [("tensor", "port", "compared", "wrong", "missing")]
        for count in shown.verdict.counts:
            tensors.append((count.name, count.port, *(f"{n:,}" for n in (count.compared, count.wrong, count.missing))))
        facts = [("model", self.model)] if self.model else []
        facts += [("dut", os.path.relpath(self.bound.description.path))]
        facts += [("reference", line) for line in self.references()]
        facts += [("top", f"{self.bound.description.top} on {self.simulator.name} {self.simulator.version}")]
        facts += [("cycles", f"{results[0].verdict.cycles:,} for the first run")]
        facts += [("verdict", "FAIL" if bad else "PASS")]
        text = [*table, "", *aligned(tensors, right=(2, 3, 4)), "", *aligned(facts)]
        return text + (self._failure(bad[0], localise) if bad else [])

    def references(self) -> list[str]:
        """The functions of the user's own that stand for layers."""
        own = own_functions(self.book.package.graph) if self.book else {}
        return [f"{name}: {one.where} (sha256 {one.digest[:DIGITS]})" for name, one in own.items()]

    def _failure(self, result: ScenarioResult, localise: bool) -> list[str]:
        findings = result.verdict.findings
        lines = [f"  {result.scenario.name}:"] + [f"    {self._text(finding)}" for finding in findings[:SHOWN]]
        if len(findings) > SHOWN:
            lines.append(f"    ... and {len(findings) - SHOWN} more")
        wrong = [count.name for count in result.verdict.counts if count.wrong or count.missing]
        first = next((finding.tensor for finding in findings if finding.tensor), "")
        if len(wrong) > 1 and first:
            lines.append(f"  first wrong tensor in program order: {first}")
        cycle = next((finding.cycle for finding in findings if finding.cycle >= 0), 0)
        around = (max(cycle - BEFORE, 0), cycle + AFTER)
        if localise:
            again = self._run(result.scenario, around)
            if again.waves:
                lines.append(f"  waveform around it: {os.path.relpath(again.waves)}")
        lines.append(f"  replay with waveform: {self._replay(result.scenario, around)}")
        return lines

    def _text(self, finding: DoorFinding) -> str:
        if self.bound.runs == 1:
            return finding.text
        batched = self.bound.description.batch
        which = f"run {finding.run}" if batched else f"image {self.options.first_image + finding.run}"
        return f"{which}: {finding.text}"

    def _replay(self, scenario: Scenario, around: tuple[int, int]) -> str:
        settings: dict[str, object] = {"model": self.model} if self.model else {}
        settings |= {"dut": os.path.relpath(self.bound.description.path), "sim": self.simulator.name}
        settings |= {"images": self.options.images, "seed": scenario.seed, "stall": scenario.text}
        settings |= {"first_image": self.options.first_image} if self.options.first_image else {}
        settings |= {"reset_at": scenario.reset_at} if scenario.reset_at else {}
        return command("sim", settings | {"waves": f"{around[0]}:{around[1]}"})


def _record(results: list[ScenarioResult], passed: bool) -> dict[str, object]:
    """result.json."""
    return {
        "verdict": "PASS" if passed else "FAIL",
        "scenarios": [
            {
                "name": result.scenario.name,
                "stall": result.scenario.text,
                "reset_at": result.scenario.reset_at,
                "cycles": result.verdict.total_cycles,
                "tensors": [vars(count) for count in result.verdict.counts],
                "findings": [vars(finding) for finding in result.verdict.findings],
            }
            for result in results
        ],
    }
