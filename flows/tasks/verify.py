"""VERIFY: the last task, which looks at the test split, once, and holds the hardware to golden."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import ClassVar

from t2c.flows.bench import Bench
from t2c.flows.conversion import demand_same, write_package
from t2c.flows.metamodel import Metamodel
from t2c.flows.pipeline_of import PIPELINE, pipeline_options, write
from t2c.flows.synthesis import keeper
from t2c.flows.task import TASKS, Parameter
from t2c.flows.tasks.synthesize import HardwareTask
from t2c.flows.training import test_split
from t2c.flows.verification import (
    NETLIST,
    Verification,
    verify_core,
    verify_core_netlist,
    verify_pipeline,
    verify_pipeline_netlist,
)
from t2c.pipelines.write import Pipeline

SIMULATORS = ("icarus", "verilator")


@TASKS("VERIFY")
class Verify(HardwareTask):
    """Prove the finalist: golden = torch on the whole test split, RTL = golden on every tensor of some images, and the
    netlist on the same.

    A package and hardware for it are written anew, with the test images as samples; constants and weights are those of
    the package that the flow chose, which is checked. `verified` is 1 if all of it is equal, else 0.
    """

    looks_at_test: ClassVar[bool] = True
    gives: ClassVar[tuple[str, ...]] = ("verified",)
    metrics: ClassVar = {"test_accuracy": "test", "verified": ""}
    parameters: ClassVar = {
        **HardwareTask.HARDWARE,
        "images": Parameter(int, 2, least=1, most=1000, meaning="test images that RTL and netlist are run on"),
        "netlist": Parameter(bool, True, meaning="whether the netlist of the family is run too"),
        "sim": Parameter(str, "verilator", choices=SIMULATORS, meaning="simulator of the RTL"),
        "netlist_sim": Parameter(str, "icarus", choices=SIMULATORS, meaning="of the netlist, which is slow to compile"),
    }
    images: int
    netlist: bool
    sim: str
    netlist_sim: str

    def run(self, given: Metamodel, bench: Bench) -> Metamodel:
        """Convert, compare, simulate."""
        bench.test()
        test = test_split(given.subject)
        package = bench.folder / "package"
        figures = write_package(given, bench, package, test, test)
        demand_same(bench.path(given, "package"), package)
        bench.measured("test_accuracy", figures["accuracy_integer"], "test")
        verdicts = [self._simulated(given, bench, package)]
        if self.netlist:
            verdicts.append(self._netlist(given, bench, package))
        passed = all(verdict.passed for verdict in verdicts)
        bench.measured("verified", float(passed))
        compared = {verdict.what: verdict.compared for verdict in verdicts}
        bench.decide(test_images=len(test), golden_equals_torch=int(figures["integers"]), images=self.images)
        bench.decide(compared=compared, passed={verdict.what: verdict.passed for verdict in verdicts})
        bench.decide(sim=self.sim, netlist_sim=self.netlist_sim)
        for verdict in verdicts:
            bench.progress(f"{verdict.what}: {'PASS' if verdict.passed else 'FAIL'}, {verdict.compared:,} compared")
        return given.put(files={"verified": bench.folder})

    def _simulated(self, given: Metamodel, bench: Bench, package: Path) -> Verification:
        out = bench.folder / "rtl"
        if self.of == "core":
            return self._slim(verify_core(package, given.design["hardware"], self.images, self.sim, out), bench)
        self._pipeline(given, bench, package)
        return self._slim(verify_pipeline(bench.folder / PIPELINE, self.images, self.sim, out), bench)

    def _netlist(self, given: Metamodel, bench: Bench, package: Path) -> Verification:
        out, tools = bench.folder / NETLIST, keeper(bench.shop.store)
        if self.of == "core":
            hardware = given.design["hardware"]
            found = verify_core_netlist(package, hardware, self.images, self.family, self.netlist_sim, tools, out)
        else:
            made = self._pipeline(given, bench, package)
            found = verify_pipeline_netlist(made, package, self.images, self.family, self.netlist_sim, tools, out)
        return self._slim(found, bench)

    @staticmethod
    def _pipeline(given: Metamodel, bench: Bench, package: Path) -> Pipeline:
        return write(package, pipeline_options(given.design), bench.folder / PIPELINE)

    @staticmethod
    def _slim(verdict: Verification, bench: Bench) -> Verification:
        """Builds go; the log and the record of each scenario stay, and name the folder as it is called from now on."""
        for path in verdict.log.parent.iterdir():
            if path.is_dir() and not path.name.startswith("accelerator-"):
                shutil.rmtree(path)
        for path in (*verdict.log.parent.rglob("*.txt"), *verdict.log.parent.rglob("*.json")):
            path.write_text(path.read_text().replace(str(bench.folder), str(bench.lasting)))
        return verdict
