"""One job of a regression: plain data that travels to a worker, and the identifier under which its result is kept."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from t2c.golden.arithmetic.mulquant import Widths

ALL = "all"
"""The layer name that stands for the whole network."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What to run.

    id: stable and unique, names the result's file; name: of the package, groups the report; model: path of the
    package, relative to the repository where it lies inside, empty for a build; layer: node, or 'all'; simulator, rows,
    cols, acc_w, scale_w, bias_w: where; images, seed, stall: as `make sim` takes them; estimate: seconds, for ordering.
    """

    id: str
    name: str
    model: str = ""
    layer: str = ""
    simulator: str
    rows: int
    cols: int
    acc_w: int
    scale_w: int
    bias_w: int
    images: int = 1
    seed: int = 1
    stall: str = "none"
    estimate: float = 0.0

    @property
    def is_build(self) -> bool:
        """True for the job that only builds a simulator."""
        return not self.model

    @property
    def build_id(self) -> str:
        """The job that builds the simulator of this one."""
        widths = f"{self.acc_w}.{self.scale_w}.{self.bias_w}"
        usual = Widths()
        suffix = "" if widths == f"{usual.acc}.{usual.scale}.{usual.bias}" else f".{widths}"
        return f"build.{self.simulator}.{self.rows}x{self.cols}{suffix}"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)
