"""One job of a regression: plain data that travels to a worker, and the identifier under which its result is kept."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from t2c.contract.hardware import PARAMETERS, Hardware

_USUAL = Hardware()
ALL = "all"
"""The layer name that stands for the whole network."""
BUILD = "build"
"""The program that stands for the core in the harness of programs."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What to run.

    id: stable and unique, names the result's file; name: of the package, groups the report; model: path of the
    package, relative to the repository where it lies inside, empty for a build; layer: node, or 'all'; simulator, rows,
    ..., element: where; program: in place of a model a case of t2c.tb.random_programs, or `BUILD`; images, seed,
    stall: as `make sim` takes them; estimate: seconds, for ordering.
    """

    id: str
    name: str
    model: str = ""
    program: str = ""
    layer: str = ""
    simulator: str
    rows: int
    cols: int
    acc_w: int
    scale_w: int
    bias_w: int
    x_w: int = _USUAL.x_w
    w_w: int = _USUAL.w_w
    act_depth: int = _USUAL.act_depth
    wgt_depth: int = _USUAL.wgt_depth
    par_depth: int = _USUAL.par_depth
    acc_depth: int = _USUAL.acc_depth
    prg_depth: int = _USUAL.prg_depth
    tbl_depth: int = _USUAL.tbl_depth
    row_lanes: int = _USUAL.row_lanes
    element: str = _USUAL.element
    images: int = 1
    seed: int = 1
    stall: str = "none"
    estimate: float = 0.0

    @property
    def is_build(self) -> bool:
        """True for the job that only builds a simulator."""
        return not self.model and self.program in ("", BUILD)

    @property
    def hardware(self) -> Hardware:
        """Parameters of the core.

        Raises:
            RangeError: no hardware has these parameters.
        """
        sizes: dict[str, Any] = {entry.attribute: getattr(self, entry.attribute) for entry in PARAMETERS}
        return Hardware(element=self.element, **sizes)

    @property
    def build_id(self) -> str:
        """The job that builds the simulator of this one; it names what is not usual."""
        sizes = ("rows", "cols")
        others = [entry.attribute for entry in PARAMETERS if entry.attribute not in sizes]
        unusual = [f".{name}{getattr(self, name)}" for name in others if getattr(self, name) != getattr(_USUAL, name)]
        harness = ".programs" if self.program else ""
        element = f".{self.element.replace(':', 'x').replace(',', '.')}" if self.element else ""
        return f"build{harness}.{self.simulator}.{self.rows}x{self.cols}{''.join(unusual)}{element}"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)
