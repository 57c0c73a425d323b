"""ARRAY: the shape of the core's array and its memories."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, ClassVar

from t2c.cost.estimate import estimate
from t2c.cost.subject import core_program
from t2c.flows.bench import Bench
from t2c.flows.errors import FlowError
from t2c.flows.metamodel import Metamodel
from t2c.flows.parameters import ParameterError
from t2c.flows.task import TASKS, Parameter, Task
from t2c.flows.trials import Place
from t2c.golden.graph.package import load_package

SIZED = "t2c.flows.tasks.array:sized"
SP2_BITS = 4
"""Of a weight, in columns of either kind."""


@TASKS("ARRAY")
class Array(Task):
    """Of some arrays, that with the fewest cycles an image within the budgets; memories as small as hold the network.

    The widths of the array are those of the package's widest weights and activations. Of a network that MIX made, the
    share is that of the columns that shift and add (docs/elements.md). Cycles are the compiler's.
    """

    takes: ClassVar[tuple[str, ...]] = ("package",)
    gives: ClassVar[tuple[str, ...]] = ("core",)
    metrics: ClassVar = {"cycles": "", "multipliers": "", "memory_kib": ""}
    parameters: ClassVar = {
        "sizes": Parameter(list[str], ("4x4", "8x8", "16x16"), meaning="arrays that are tried, ROWSxCOLS"),
        "most_multipliers": Parameter(int, 0, least=0, meaning="of the array; 0: any"),
        "most_memory_kib": Parameter(float, 0.0, least=0.0, meaning="of all memories; 0: any"),
    }
    sizes: list[str]
    most_multipliers: int
    most_memory_kib: float

    def check(self) -> None:
        """Only arrays that can be read."""
        if not self.sizes:
            raise ParameterError("sizes", "sizes: there is none to try")
        for size in self.sizes:
            rows_and_cols(size)

    def run(self, given: Metamodel, bench: Bench) -> Metamodel:
        """Compile for each, and choose."""
        share = given.design.get("share")
        payloads = [{"package": given.files["package"], "size": size, "share": share} for size in self.sizes]
        found = bench.run_trials(SIZED, payloads)
        bench.noted([{name: trial[name] for name in trial if name not in ("folder", "hardware")} for trial in found])
        fits = [trial for trial in found if self._fits(trial)]
        if not fits:
            raise FlowError("no array is within the budgets: " + "; ".join(self._text(trial) for trial in found))
        best = min(fits, key=lambda trial: (trial["cycles"], trial["multipliers"]))
        for name in ("cycles", "multipliers", "memory_kib"):
            bench.measured(name, best[name])
        bench.decide(size=best["size"])
        return given.put(design={"hardware": best["hardware"]}, files={"core": best["folder"]})

    def _fits(self, trial: dict[str, Any]) -> bool:
        few = not self.most_multipliers or trial["multipliers"] <= self.most_multipliers
        return few and (not self.most_memory_kib or trial["memory_kib"] <= self.most_memory_kib)

    @staticmethod
    def _text(trial: dict[str, Any]) -> str:
        return f"{trial['size']} has {trial['multipliers']} multipliers and {trial['memory_kib']:.1f} KiB"


def sized(payload: dict[str, Any], place: Place) -> dict[str, Any]:
    """A trial: compile a package for an array, with the smallest memories that hold it."""
    rows, cols = rows_and_cols(payload["size"])
    folder = place.path(payload["package"])
    graph = load_package(folder).graph
    shift_add = round(cols * (payload["share"] or 0.0))
    wanted: dict[str, Any] = {"rows": rows, "cols": cols, **array_widths(graph)}
    if shift_add:
        kinds = {"mac": cols - shift_add, "sp2": shift_add}
        wanted |= {"w_w": SP2_BITS, "element": ",".join(f"{kind}:{count}" for kind, count in kinds.items() if count)}
    program = core_program(str(folder), wanted)
    needs = estimate(program)
    return {
        "size": payload["size"],
        "cycles": needs.cycles,
        "multipliers": rows * (cols - shift_add),
        "memory_kib": round(needs.kibibytes, 3),
        "hardware": asdict(program.hardware),
    }


def array_widths(graph: Any) -> dict[str, int]:
    """The narrowest operands that run a graph: bits of its widest weights and activations."""
    weights = [node.weight_bits for node in graph.nodes if hasattr(node, "weight_bits")]
    return {"x_w": max(edge.bits for edge in graph.edges.values()), "w_w": max(weights, default=8)}


def rows_and_cols(size: str) -> tuple[int, int]:
    """Read ROWSxCOLS.

    Raises:
        ParameterError: anything else.

    >>> rows_and_cols("8x4")
    (8, 4)
    """
    rows, _, cols = size.partition("x")
    if not (rows.isdecimal() and cols.isdecimal()):
        raise ParameterError("sizes", f"sizes: {size!r} is not ROWSxCOLS")
    return int(rows), int(cols)
