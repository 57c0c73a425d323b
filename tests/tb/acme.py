"""A layer engine that is not ours, made of ours: every module and port renamed, reset and lanes turned round."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from t2c.common.places import RTL

DUTS = Path(__file__).parent / "duts"
ENGINE = (
    *("layer_engine", "pixel_sequencer", "tile_loader", "window_row", "output_writer", "accumulator"),
    *("systolic_array", "array_element", "mac_pe", "skew", "delay_line", "mulquant", "ram"),
)


def acme(
    folder: Path, change: tuple[str, str, str] | None = None, *, rtl: Path = RTL, array: tuple[int, int] | None = (8, 8)
) -> Path:
    """The description of such an engine.

    Args:
        folder: where its files go.
        change: module, text that is there once, what it becomes.
        rtl: what it is made of.
        array: rows and columns, the only ones that it can have; None: any.
    """
    for name in ("acme_engine.v", "acme_engine.yaml"):
        shutil.copy(DUTS / name, folder)
    for header in rtl.glob("*.vh"):
        shutil.copy(header, folder)
    for name in ENGINE:
        text = (rtl / f"{name}.v").read_text()
        if change and change[0] == name:
            assert text.count(change[1]) == 1
            text = text.replace(change[1], change[2])
        text = re.sub(rf"\b({'|'.join(ENGINE)})\b(?=\s+(#|i_\w+)?\s*\()", r"acme_\1", text)
        (folder / f"acme_{name}.v").write_text(text)
    (folder / "acme.f").write_text("".join(f"acme_{name}.v\n" for name in ENGINE))
    described = folder / "acme_engine.yaml"
    shape = "unit_parameters: {ROWS: %d, COLS: %d}\n"
    wanted = shape % array if array else ""
    described.write_text(described.read_text().replace(shape % (8, 8), wanted))
    return described
