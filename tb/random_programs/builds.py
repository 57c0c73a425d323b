"""The cores that programs run on: few, each with another corner of the hardware's parameters."""

from __future__ import annotations

from t2c.contract.hardware import Hardware

DEEP = Hardware(
    rows=2, cols=1, act_depth=1 << 24, wgt_depth=1 << 24, par_depth=1 << 24, acc_depth=1 << 16, prg_depth=1 << 20,
    tbl_depth=1 << 16, row_lanes=1,
)  # fmt: skip
"""Every address has all its bits. ROWS > COLS, the smallest array."""
SMALL = Hardware(
    rows=4, cols=2, act_depth=1 << 10, wgt_depth=1 << 8, par_depth=16, acc_depth=64, prg_depth=1 << 18, tbl_depth=1 << 9
)
"""Memories that a program fills whole, so that every step may read anywhere."""
ODD = Hardware(
    rows=6, cols=2, x_w=5, w_w=3, acc_w=20, scale_w=9, bias_w=21, act_depth=600, wgt_depth=300, par_depth=13,
    acc_depth=30, prg_depth=400_000, tbl_depth=100, row_lanes=1,
)  # fmt: skip
"""Three groups of columns, odd widths, depths that are no powers of two."""
LONG = Hardware(
    rows=2,
    cols=2,
    acc_w=45,
    bias_w=41,
    act_depth=1 << 12,
    wgt_depth=1 << 10,
    par_depth=64,
    acc_depth=2,
    prg_depth=1 << 19,
    row_lanes=1,
)
"""ROWS = COLS; the widest accumulators that the model holds; two of them, so that pixels fall into many blocks."""
NARROW = Hardware(
    rows=3, cols=1, x_w=2, w_w=2, acc_w=10, scale_w=2, bias_w=4, act_depth=300, wgt_depth=40, par_depth=6, acc_depth=6,
    prg_depth=1 << 19, tbl_depth=13,
)  # fmt: skip
"""Everything as narrow as it can be: a stream in which an entry of a table takes three words, and a parameter two."""

ROWS = Hardware(
    rows=12, cols=6, act_depth=1 << 10, wgt_depth=1 << 8, par_depth=1 << 8, acc_depth=32, prg_depth=1 << 19,
    tbl_depth=1 << 10, row_lanes=2,
)  # fmt: skip
"""The longest rows, with parameters for each of their elements; words of six and of three beats."""

BUILDS = {"deep": DEEP, "small": SMALL, "odd": ODD, "long": LONG, "narrow": NARROW, "rows": ROWS}
