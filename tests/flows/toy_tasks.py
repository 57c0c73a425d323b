"""Tasks of a user's own, as tests of the engine need them: quick, and exact."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from typing import Any

from t2c.flows.bench import Bench
from t2c.flows.metamodel import Metamodel
from t2c.flows.parameters import Parameter
from t2c.flows.task import Task
from t2c.flows.trials import Place


def note(what: str) -> None:
    """A line in the file of TOY_LOG, by which a test sees what really ran."""
    if log := os.environ.get("TOY_LOG"):
        with open(log, "a") as file:
            file.write(f"{what}\n")


class Make(Task):
    """Gives weights: a file with a number in it."""

    parameters = {"size": Parameter(int, 8, least=1, most=1000), "nap": Parameter(float, 0.0, least=0)}
    gives = ("weights",)
    metrics = {"accuracy": "validation", "size": ""}
    size: int
    nap: float

    def run(self, given: Metamodel, bench: Bench) -> Metamodel:
        time.sleep(self.nap)
        note(f"make {self.size}")
        path = bench.folder / "weights.txt"
        path.write_text(f"{self.size}\n")
        bench.measured("accuracy", 1 - 1 / (1 + self.size), "validation")
        bench.measured("size", self.size)
        return given.put(design={"size": self.size}, files={"weights": path})


class Shrink(Task):
    """Tries several factors on the workers and keeps the smallest size whose accuracy is within the tolerance."""

    parameters = {
        "tolerance": Parameter(float, 0.05, least=0, most=1),
        "factors": Parameter(list[float], [0.25, 0.5, 0.75], least=0, most=1),
        "nap": Parameter(float, 0.0, least=0),
    }
    takes = ("weights",)
    gives = ("weights",)
    drops = ("package",)
    metrics = {"accuracy": "validation", "size": ""}
    tolerance: float
    factors: list[float]
    nap: float

    def run(self, given: Metamodel, bench: Bench) -> Metamodel:
        floor = given.value("accuracy") - self.tolerance
        payloads = [{"weights": given.files["weights"], "factor": f, "nap": self.nap} for f in self.factors]
        trials = bench.run_trials("toy_tasks.py:shrunk", payloads)
        bench.noted(trials)
        fit = [trial for trial in trials if trial["accuracy"] >= floor]
        if not fit:
            bench.decide(factor=1.0)
            bench.measured("accuracy", given.value("accuracy"), "validation")
            bench.measured("size", given.value("size"))
            return given.put(without=("package",))
        best = min(fit, key=lambda trial: trial["size"])
        bench.decide(factor=best["factor"])
        bench.measured("accuracy", best["accuracy"], "validation")
        bench.measured("size", best["size"])
        return given.put(
            design={"size": best["size"]}, files={"weights": f"{best['folder']}/weights.txt"}, without=("package",)
        )


def shrunk(payload: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """A trial of Shrink."""
    time.sleep(payload["nap"])
    size = float(place.path(payload["weights"]).read_text()) * payload["factor"]
    (place.folder / "weights.txt").write_text(f"{size}\n")
    note(f"shrunk {payload['weights']} {payload['factor']}")
    return {"factor": payload["factor"], "size": size, "accuracy": 1 - 1 / (1 + size)}


class Bowl(Task):
    """Something to search over: best at x = 0.7, cheap at x = 0."""

    parameters = {
        "x": Parameter(float, least=0, most=1),
        "k": Parameter(int, 1, least=1, most=4),
        "nap": Parameter(float, 0.0, least=0),
    }
    metrics = {"score": "validation", "cost": ""}
    x: float
    k: int
    nap: float

    def run(self, given: Metamodel, bench: Bench) -> Metamodel:
        time.sleep(self.nap)
        note(f"bowl {self.x} {self.k}")
        bench.measured("score", 1 - (self.x - 0.7) ** 2 - 0.1 * (self.k - 2) ** 2, "validation")
        bench.measured("cost", self.x * self.k)
        return given.put(design={"x": self.x, "k": self.k})


class Examine(Task):
    """Looks at the test split."""

    takes = ("weights",)
    metrics = {"test_accuracy": "test"}
    looks_at_test = True

    def run(self, given: Metamodel, bench: Bench) -> Metamodel:
        bench.test()
        bench.measured("test_accuracy", given.value("accuracy") - 0.01, "test")
        return given


class Peep(Task):
    """Looks at the test split without saying so."""

    def run(self, given: Metamodel, bench: Bench) -> Metamodel:
        bench.test()
        return given


class Refuse(Task):
    """Cannot go on, in a trial."""

    def run(self, given: Metamodel, bench: Bench) -> Metamodel:
        bench.run_trials("toy_tasks.py:refused", [{"why": "the\ndisk is full"}])
        return given


def refused(payload: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """A trial of Refuse."""
    raise ValueError(payload["why"])


class Pack(Task):
    """Makes a package of the weights."""

    takes = ("weights",)
    gives = ("package",)

    def run(self, given: Metamodel, bench: Bench) -> Metamodel:
        (bench.folder / "package.txt").write_text(bench.path(given, "weights").read_text() * 2)
        return given.put(files={"package": bench.folder / "package.txt"})


class Simulate(Task):
    """Takes a package, and says whether it is equal."""

    parameters = {"equal": Parameter(bool, True)}
    takes = ("package",)
    metrics = {"verified": ""}
    equal: bool

    def run(self, given: Metamodel, bench: Bench) -> Metamodel:
        bench.measured("verified", self.equal)
        return given


class Say(Task):
    """Measures what it is told to, declared or not."""

    parameters = {"name": Parameter(str, "said"), "value": Parameter(float, 0.0), "times": Parameter(float, 1.0)}
    metrics = {"said": ""}
    name: str
    value: float
    times: float

    def run(self, given: Metamodel, bench: Bench) -> Metamodel:
        bench.measured(self.name, self.value * self.times)
        return given


class Fragile(Task):
    """A trial whose first attempt takes its worker with it."""

    metrics = {"attempts": ""}

    def run(self, given: Metamodel, bench: Bench) -> Metamodel:
        (found,) = bench.run_trials("toy_tasks.py:dies_once", [{}])
        bench.measured("attempts", found["attempts"])
        return given


def dies_once(payload: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """A trial of Fragile."""
    before = place.home / "died"
    if not before.exists():
        before.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return {"attempts": 2}


class Nothing(Task):
    """Declares more than it does."""

    gives = ("package",)

    def run(self, given: Metamodel, bench: Bench) -> Metamodel:
        return given
