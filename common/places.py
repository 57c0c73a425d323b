"""Where the project's own files lie: in a clone beside each other, in a wheel inside the package `t2c`."""

from __future__ import annotations

from pathlib import Path

import t2c

ROOT = Path(__file__).resolve().parent.parent
"""The clone, or the installed package: `rtl`, `tb`, `examples` and the others are below it."""
IMPORT_ROOT = Path(t2c.__file__).parent.parent
"""What must be on sys.path so that another process finds `t2c`."""
RTL = ROOT / "rtl"
HDL = ROOT / "tb" / "hdl"
EXAMPLES = ROOT / "examples"
OUTPUT = Path("sim_build")
"""Where builds and results go if nobody says otherwise: below the folder in which a command is called."""
