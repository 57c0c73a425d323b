"""Graphs of TOSA operators that we write, for what one operator does not say: a residual add, a whole layer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from oracle.tosa.case import Ints
from oracle.tosa.environment import run_script
from t2c.common.places import OUTPUT

SCRIPT = Path(__file__).with_name("run_graphs.py")
ROUNDINGS = {False: "SINGLE_ROUND", True: "DOUBLE_ROUND"}


@dataclass
class TosaGraph:
    """A graph as it is built: operators one after the other, the last gives the result. Layouts are TOSA's."""

    arrays: dict[str, Ints] = field(default_factory=dict)
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    inputs: list[tuple[str, str]] = field(default_factory=list)
    constants: list[tuple[str, str]] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)

    def input(self, values: Ints, kind: str) -> str:
        """Name an input."""
        return self._hold(self.inputs, "input", values, kind)

    def constant(self, values: Any, kind: str) -> str:
        """Name a constant."""
        return self._hold(self.constants, "constant", np.asarray(values), kind)

    def _hold(self, among: list[tuple[str, str]], word: str, values: Ints, kind: str) -> str:
        name = f"{word}{len(among)}"
        among.append((name, kind))
        self.arrays[name], self.shapes[name] = values, values.shape
        return name

    def step(
        self,
        operator: str,
        inputs: Sequence[str],
        kind: str,
        *attributes: Any,
        attribute: str,
        shape: tuple[int, ...] | None = None,
    ) -> str:
        """Name the result of an operator; shape: of the first input, unless given."""
        name = f"result{len(self.steps)}"
        self.shapes[name] = self.shapes[inputs[0]] if shape is None else shape
        step = {"operator": operator, "inputs": list(inputs), "output": name, "type": kind}
        self.steps.append(step | {"shape": self.shapes[name], "attributes": (attribute, attributes)})
        return name

    def rescale(
        self,
        x: str,
        source: str,
        target: str,
        *,
        multiplier: Sequence[int],
        shift: Sequence[int],
        zero_points: tuple[int, int] = (0, 0),
        double: bool = False,
    ) -> str:
        """RESCALE, per tensor or along the last axis; zero_points: subtracted before, added after."""
        inputs = [x, self.constant(multiplier, "INT32"), self.constant(shift, "INT8")]
        inputs += [self.constant([zero_points[0]], source), self.constant([zero_points[1]], target)]
        attributes = (True, ROUNDINGS[double], len(multiplier) > 1, False, False)
        return self.step("RESCALE", inputs, target, *attributes, attribute="RescaleAttribute")

    def add(self, a: str, b: str) -> str:
        """ADD of 32 bits."""
        return self.step("ADD", [a, b], "INT32", attribute="AddAttribute")

    def write(self, path: Path) -> None:
        """Write it as `run_graphs.py` reads it."""
        output = self.steps[-1]["output"]
        graph = {"inputs": self.inputs, "constants": self.constants, "steps": self.steps, "output": output}
        arrays: dict[str, Any] = dict(self.arrays)
        np.savez(path, graph=json.dumps(graph), **arrays)


def run_graphs(graphs: Sequence[TosaGraph]) -> list[Ints]:
    """What the reference model gives for each.

    Raises:
        UserError: TOSA's tools are absent, or refuse one.
    """
    OUTPUT.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="tosa-graphs-", dir=OUTPUT) as name:
        paths = [Path(name) / f"{i:06}.npz" for i in range(len(graphs))]
        for graph, path in zip(graphs, paths, strict=True):
            graph.write(path)
        run_script(SCRIPT, name)
        return [np.load(path.with_suffix(".npy")) for path in paths]
