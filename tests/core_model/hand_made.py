"""A program small enough to work out by hand: load four words, multiply each by a 2 x 2 matrix, store them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from t2c.contract.descriptor import Descriptor
from t2c.contract.hardware import Hardware
from t2c.contract.operations import Operation
from t2c.core_model import CoreModel, Host, QueueHost, StepRecord

HARDWARE = Hardware(rows=2, cols=2, act_depth=12, wgt_depth=6, par_depth=5, acc_depth=4, prg_depth=1024)
"""Depths that are no powers of two: addresses reach beyond them."""
WEIGHTS = np.array([[1, -1], [2, 3]])
"""Row r is what lane r of the input counts, column c what it gives."""
PARAMS = np.array([[(1 << 56) | (10 << 16) | 4, (0 << 56) | (0 << 16) | 0xFFFF]], dtype=np.uint64)
"""Column 0: (4 acc + 10) / 2, column 1: -acc."""
INPUT = [0x0201, 0x0403, 0xFF00, 0x0A80]
"""Lanes (1, 2), (3, 4), (0, 255), (128, 10)."""

LOAD = Descriptor(op=Operation.LOAD, base=0, words=4)
RUN = Descriptor(
    op=Operation.RUN,
    layer=1,
    images=1,
    out_h=2,
    out_w=2,
    in_h=2,
    in_w=2,
    col_step=1,
    row_step=2,
    rows_per_tap=2,
    col_tiles=1,
    blocks=1,
    y_lo=-128,
    y_hi=127,
    rounding=0,
    out_base=6,
    out_step=1,
    out_pixels=4,
)
STORE = Descriptor(op=Operation.STORE, layer=2, base=6, words=4)
END = Descriptor(op=Operation.END, layer=3)

# acc = (x0 + 2 x1, -x0 + 3 x1) = (5, 5), (11, 9), (510, 765), (148, -98)
SUMS = [[5, 5], [11, 9], [510, 765], [148, -98]]
# floor((4 acc + 10) / 2) = 15, 27, 1025, 301 and -acc = -5, -9, -765, 98, clipped to -128..127
RESULTS = [[15, -5], [27, -9], [127, -128], [127, 98]]
OUTPUT = [0xFB0F, 0xF71B, 0x807F, 0x627F]


def changed(descriptor: Descriptor, **fields: Any) -> Descriptor:
    """A descriptor with other fields."""
    return replace(descriptor, **fields)


def words_of(*steps: Descriptor) -> list[int]:
    """The program memory."""
    return [word for step in steps for word in step.encode()]


def model_of(*steps: Descriptor, hardware: Hardware = HARDWARE, **images: Any) -> CoreModel:
    """A core with these steps and the constants above, unless `images` has others."""
    return CoreModel(hardware, words_of(*steps), **{"weights": WEIGHTS, "params": PARAMS, **images})


def run(model: CoreModel, words: Sequence[int] = INPUT, host: Host | None = None) -> list[StepRecord]:
    """Every step of a run with these words on s_axis."""
    return list(model.steps(host or QueueHost(words, model.hardware)))
