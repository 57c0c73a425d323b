"""Every fact of the contract moves in a copy of the project, and all that is made from it or reads it goes along."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from t2c.common.places import RTL
from t2c.tb.simulation.simulators import find_icarus
from tests.contract.project_copy import ProjectCopy

pytestmark = pytest.mark.slow

LAYER = re.compile(r"    layer: int = field\(.*?\n    \)\n", re.DOTALL)
REGISTERS = (
    ("CONTROL = 0x00", "CONTROL = 0x24"),
    ("STATUS = 0x04", "STATUS = 0x40"),
    ("HARDWARE = 0x18", "HARDWARE = 0x04"),
    ("START = 1 << 0", "START = 1 << 9"),
    ("BUSY = 1 << 0", "BUSY = 1 << 3"),
    ("DONE = 1 << 1", "DONE = 1 << 17"),
    ('name="CODE", high=7, low=0', 'name="CODE", high=15, low=8'),
    ("high=COUNT_BITS - 1,\n        low=0,", "high=COUNT_BITS + 3,\n        low=4,"),
    ("UNKNOWN_OPERATION = 1", "UNKNOWN_OPERATION = 200"),
    ('        2,\n        "`tlast`', '        7,\n        "`tlast`'),
    ('("ROWS", "COLS", "X_W", "W_W")', '("W_W", "COLS", "ROWS", "X_W")'),
)
OPERATIONS = (
    ("END = 0", "END = 12"),
    ("RUN = 2", "RUN = 0"),
    ("SUM = 0", "SUM = 2"),
    ("PAIR = 2", "PAIR = 0"),
)


def test_all_that_reads_a_fact_follows(tmp_path: Path) -> None:
    copy = ProjectCopy(tmp_path)
    copy.replace("contract/registers.py", *REGISTERS)
    copy.replace("contract/operations.py", *OPERATIONS)
    text = (tmp_path / "contract" / "descriptor.py").read_text()
    layer = LAYER.search(text)
    assert layer
    copy.replace(
        "contract/descriptor.py",
        (layer[0], ""),
        ("\n    def __post_init__", f"{layer[0]}\n    def __post_init__"),
    )
    copy.replace("contract/field_kinds.py", ("ADDRESS_BITS = 24", "ADDRESS_BITS = 23"))
    copy.python("-m", "t2c.contract.generate")
    sim = ("-m", "t2c", "sim", "digits_w8a8", "--images", "1", "--out", "sim_build")
    for chosen in (("--layer", "fc"), ("--layer", "all", "--backend", "model"), ("--unit", "core_registers")):
        assert re.search(r"^verdict +PASS", copy.python(*sim, *chosen), re.MULTILINE), chosen
    copy.python("-m", "t2c", "roms", "digits_w4a4", "--out", "roms", "--rows", "8", "--cols", "8")
    find_icarus().activate()
    rtl = str(tmp_path / RTL.name)
    build = ("iverilog", "-g2005", "-Wall", "-I.", f"-I{rtl}", "-y", rtl, "-o", "run_core", "run_core.v")
    copy.run(*build, where="roms")
    assert copy.run("vvp", "-n", "run_core", where="roms").startswith("PASS")
