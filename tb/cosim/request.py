"""What a run is asked to do, and the command that asks for it again."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from t2c.common.errors import SettingError
from t2c.common.places import RTL
from t2c.common.spelling import command
from t2c.contract.hardware import Hardware
from t2c.mapping.compiler import ALL

RTL_BACKEND, MODEL = "rtl", "model"
BACKENDS = (RTL_BACKEND, MODEL)
"""What runs a program: the RTL in a simulator, or the model of the core."""

MAIN_TEST, RESET_TEST, ERROR_TEST = "program", "program_after_reset_in_mid_stream", "misplaced_tlast_is_an_error"
UNKNOWN_TEST = "unknown_operation_is_an_error"
"""The tests of tb/cosim/core_tests.py; the last is for a spoilt program (`Cosimulation.run_spoilt`)."""

EXACT, FREE = "exact", "free"
"""Whether steps of another length than contract.schedule says are a FAIL, or a note."""

RTL_ONLY = ("unit", "dut", "table", "sim", "stall", "waves", "cycles", "shrink")
"""Options of a run that mean nothing to the model of the core."""

OPERANDS = ("x_w", "w_w")
DEPTHS = ("act_depth", "wgt_depth", "par_depth", "acc_depth", "prg_depth", "tbl_depth")
"""Hardware fields that a run takes as options; widths of the constants are those of the package."""


@dataclass(frozen=True, kw_only=True)
class Waves:
    """Which cycles of the first run an FST holds; last None: to the end."""

    first: int = 0
    last: int | None = None

    @classmethod
    def parse(cls, text: str) -> Waves | None:
        """Read 0 (none), 1 (all) or FIRST:LAST.

        Raises:
            SettingError: anything else.
        """
        if text in ("", "0"):
            return None
        if text == "1":
            return cls()
        first, colon, last = text.partition(":")
        if not (colon and first.isdecimal() and last.isdecimal() and int(first) < int(last)):
            raise SettingError("{waves} = {text!r}: 0, 1 or FIRST:LAST in cycles", {"text": text})
        return cls(first=int(first), last=int(last))

    def text(self) -> str:
        return "1" if self.last is None else f"{self.first}:{self.last}"


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """What a run is asked for.

    layer: node name, or "all" for the whole network; images: how many of the package's samples; seed: of the run;
    stall: back-pressure profiles; waves: write an FST; tests: of tb/cosim/core_tests.py; rtl: folder of the RTL
    under test; first_image: sample to begin with; coverage: Verilator counts lines and toggles; accumulators: compare
    sums before requantisation, too; exact_cycles: steps of another length than contract.schedule says are a FAIL,
    without it a note; batch: images that one run of the whole network takes, fewer if images is no multiple of it.
    """

    layer: str = ALL
    images: int = 1
    seed: int = 1
    stall: str = "none"
    waves: Waves | None = None
    tests: tuple[str, ...] = (MAIN_TEST,)
    rtl: Path = field(default=RTL)
    first_image: int = 0
    coverage: bool = False
    accumulators: bool = True
    exact_cycles: bool = True
    batch: int = 1


def hardware_settings(hardware: Hardware) -> dict[str, object]:
    """The options of this hardware: the array, and what is not as usual for such an array."""
    usual = Hardware(rows=hardware.rows, cols=hardware.cols)
    changed = (
        name for name in (*OPERANDS, *DEPTHS, "row_lanes", "element") if getattr(hardware, name) != getattr(usual, name)
    )
    return {name: getattr(hardware, name) for name in ("rows", "cols", "acc_w", *changed)}


def replay_settings(
    model: str, request: RunRequest, hardware: Hardware, simulator: str, waves: Waves | None
) -> dict[str, object]:
    """The options, by name, that repeat this run and write its waveform; without one if waves is None, so that a
    failure is localised."""
    settings: dict[str, object] = {
        "model": model,
        "layer": request.layer,
        "sim": simulator,
        **hardware_settings(hardware),
        "images": request.images,
        "seed": request.seed,
        "stall": request.stall,
    }
    settings |= {"first_image": request.first_image} if request.first_image else {}
    settings |= {"batch": request.batch} if request.batch > 1 else {}
    settings |= {} if request.accumulators else {"accumulators": 0}
    settings |= {} if request.exact_cycles else {"cycles": FREE}
    if simulator == MODEL:
        return {name: value for name, value in settings.items() if name not in RTL_ONLY} | {"backend": MODEL}
    settings |= {"waves": waves.text()} if waves else {}
    return settings


def replay_command(model: str, request: RunRequest, hardware: Hardware, simulator: str, waves: Waves | None) -> str:
    """The command that repeats this run; see `replay_settings`."""
    return command("sim", replay_settings(model, request, hardware, simulator, waves))
