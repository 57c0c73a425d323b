"""What a layer run is asked to do, and the command that asks for it again."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path

from mapping.hardware import Hardware
from tb.runner import RTL

MAIN_TEST, RESET_TEST = "layer", "layer_after_reset_in_mid_stream"
"""The cocotb tests of tb/benches/layer_engine.py."""


@dataclass(frozen=True, kw_only=True)
class LayerRequest:
    """What `make sim` asks for.

    layer: node name; images: how many of the package's samples; seed: of the run; stall: back-pressure profiles;
    waves: write an FST; tests: cocotb tests of tb/benches/layer_engine.py to run; rtl: folder of the RTL under test.
    """

    layer: str
    images: int = 4
    seed: int = 1
    stall: str = "none"
    waves: bool = False
    tests: tuple[str, ...] = (MAIN_TEST,)
    rtl: Path = field(default=RTL)


def replay_command(model: str, request: LayerRequest, hardware: Hardware, simulator: str) -> str:
    """The command that repeats this run and writes its waveform."""
    settings = {
        "MODEL": model,
        "LAYER": request.layer,
        "SIM": simulator,
        "ROWS": hardware.rows,
        "COLS": hardware.cols,
        "ACC_W": hardware.acc_w,
        "IMAGES": request.images,
        "SEED": request.seed,
        "STALL": request.stall,
        "WAVES": 1,
    }
    return "make sim " + " ".join(f"{name}={shlex.quote(str(value))}" for name, value in settings.items())
