"""CLOCK: how fast the hardware runs once it is placed and routed."""

from __future__ import annotations

from typing import ClassVar

from t2c.cost.place_and_route import find_device
from t2c.flows.bench import Bench
from t2c.flows.metamodel import Metamodel
from t2c.flows.task import TASKS, Parameter
from t2c.flows.tasks.synthesize import HardwareTask

ROUTED = "t2c.flows.synthesis:routed"


@TASKS("CLOCK")
class ClockRate(HardwareTask):
    """Place and route with nextpnr, out of context, on an ECP5: the clock in MHz, median of some placements."""

    metrics: ClassVar = {"mhz": ""}
    parameters: ClassVar = {
        "of": HardwareTask.HARDWARE["of"],
        "device": Parameter(str, "ecp5-85k", meaning="as DEVICE of make cost"),
        "speed": Parameter(int, 6, least=6, most=8, meaning="grade"),
        "seeds": Parameter(int, 1, least=1, most=99, meaning="placements"),
    }
    device: str
    speed: int
    seeds: int
    family = "ecp5"

    def check(self) -> None:
        """Only a device that there is."""
        find_device(self.device, self.family, self.speed)

    def run(self, given: Metamodel, bench: Bench) -> Metamodel:
        """One trial."""
        payload = {**self.payload(given), "device": self.device, "speed": self.speed, "seeds": self.seeds}
        (found,) = bench.run_trials(ROUTED, [payload])
        bench.measured("mhz", found["mhz"])
        bench.decide(device=self.device, used=found["used"])
        return given
