"""The builds of the core that random and edge packages run on, besides the arrays that a regression is asked for.

A build serves every package that fits it, so there are few: each is far from the others, and together they have every
kind of memory too small, arrays of several column tiles a word, and widths other than the usual.
"""

from __future__ import annotations

from t2c.contract.hardware import Hardware

VARIANTS: dict[str, Hardware] = {
    # One column of two rows: a tile takes two cycles, so counters of 16 bits run full in a second.
    "deep": Hardware(rows=2, cols=1, act_depth=1 << 18, wgt_depth=1 << 18, par_depth=1 << 16, acc_depth=1 << 16),
    # Tensors pass in strips, weights and parameters are streamed, a block is a pair of pixels.
    "shallow": Hardware(rows=4, cols=2, act_depth=64, wgt_depth=64, par_depth=4, acc_depth=2),
    # One column tile a word: what does not fit is split along K. The widest multipliers.
    "split": Hardware(
        rows=4, cols=4, acc_w=29, scale_w=32, bias_w=25, act_depth=250, wgt_depth=12, par_depth=4, acc_depth=16
    ),
    # Narrow operands and constants, four column tiles a word, thousands of blocks.
    "narrow": Hardware(
        rows=8,
        cols=2,
        x_w=5,
        w_w=3,
        acc_w=20,
        scale_w=7,
        bias_w=22,
        act_depth=1 << 17,
        wgt_depth=1 << 12,
        par_depth=1 << 9,
        acc_depth=2,
    ),
    # The widest accumulators that constants of 16 bits leave room for; depths that are no power of two.
    "wide": Hardware(rows=6, cols=3, acc_w=45, bias_w=41, act_depth=3000, wgt_depth=1500, par_depth=90, acc_depth=50),
    # Many rows, as many column tiles a word; the widest biases and narrow multipliers, weights and activations.
    "tall": Hardware(
        rows=32,
        cols=1,
        x_w=3,
        w_w=2,
        acc_w=20,
        scale_w=4,
        bias_w=53,
        act_depth=1 << 10,
        wgt_depth=1 << 13,
        par_depth=1 << 7,
        acc_depth=64,
    ),
}
"""By name, which ends the name of a job."""
