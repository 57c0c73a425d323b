"""Programs for what chance does not reach: the ends of accumulators and counters, transfers of every length."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from t2c.contract.descriptor import Descriptor
from t2c.contract.hardware import Hardware
from t2c.contract.operations import Combine, Operation
from t2c.contract.parameter_lanes import Lanes, encode_lanes
from t2c.golden.arithmetic.rounding import Rounding
from t2c.tb.random_programs.builder import Builder
from t2c.tb.random_programs.core_program import CoreProgram
from t2c.tb.random_programs.draw import EXTENTS, RunDraw
from t2c.tb.random_programs.move_steps import add_move, read_back

TOP = 1 << 15
"""Counts from here on have the highest of their 16 bits."""

Make = Callable[[str, Hardware, np.random.Generator], CoreProgram]


def _run(**fields: int) -> Descriptor:
    """A RUN of one pixel of one tile, unless fields say otherwise."""
    usual = {
        **dict.fromkeys(("images", "out_h", "out_w", "in_h", "in_w", "col_tiles", "blocks", "out_pixels"), 1),
        **{"param_base": 0, "rounding": 0, "y_lo": -128, "y_hi": 127, "same_weights": 1, "rows_per_tap": 2},
    }
    return Descriptor(op=Operation.RUN, **{**usual, **fields})  # type: ignore[arg-type]


def _must(builder: Builder, step: Descriptor, constants: Lanes | None = None) -> None:
    if not builder.run(step, constants):
        raise AssertionError(f"a directed step is not legal: {step}")


def top_sums(name: str, hardware: Hardware, rng: np.random.Generator) -> CoreProgram:
    """The largest and the smallest sum that the accumulators hold, and all that is one K tile away from them.

    X_W = W_W = 8, ROWS = 2, COLS = 1: a sum is begun by one step and completed by another.
    """
    builder = Builder(hardware, rng)
    builder.renew = 0
    top = (1 << (hardware.acc_w - 1)) - 1
    for sign, weight in ((1, 127), (-1, -128)):
        limit = top + (sign < 0)
        each = 2 * 255 * abs(weight)
        count, rest = divmod(limit, each)
        # The rest is a step of K tiles of 1 x, and a last one for what 255 does not divide.
        builder.load(Operation.LOAD, 0, np.array([[255, 255], [255, 255], [rest % 255, 0], [0, 0]]))
        builder.load(Operation.WEIGHTS, 0, np.array([[weight], [weight], [sign], [0]]))
        tiles = {"in_h": 1, "in_w": 1, "dil_h": 0, "dil_w": 0, "tap_col_step": 0, "tap_row_step": 0}
        _must(builder, _run(**tiles, k_tiles=count, taps=count, hold=1))
        _must(builder, _run(**tiles, k_tiles=rest // 255 + 1, taps=rest // 255, weight_base=2, keep=1, hold=1))
        last = _run(**tiles, k_tiles=1, taps=1, weight_base=2, origin=2, keep=1)
        for shift, out in ((0, 16), (hardware.acc_w - 8, 17)):
            # The sum stays in the accumulator: once more with nothing added.
            _must(builder, _run(**_last(last, out, first=shift == 0)))
    return builder.program(name)


def _last(step: Descriptor, out: int, *, first: bool) -> dict[str, int]:
    names = ("in_h", "in_w", "dil_h", "dil_w", "k_tiles", "taps", "weight_base", "keep")
    return {**{name: getattr(step, name) for name in names}, "origin": 2 if first else 3, "out_base": out}


def million(name: str, hardware: Hardware, rng: np.random.Generator) -> CoreProgram:
    """One step of more than 2^20 pixels, all of one image: cycles, results and pixels beyond 20 bits."""
    builder = Builder(hardware, rng)
    high, wide = 1027, 1025
    step = _run(
        out_h=high, out_w=wide, in_h=high, in_w=wide, col_step=1, row_step=3, out_base=1 << 22, out_step=3,
        out_pixels=high * wide, blocks=-(-high * wide // hardware.acc_depth), origin=1 << 12, x_zero_point=7,
    )  # fmt: skip
    _must(builder, step)
    return builder.program(name)


def long_transfer(name: str, hardware: Hardware, rng: np.random.Generator) -> CoreProgram:
    """LOAD and STORE of up to more than 2^18 words, from high addresses on; with all bits set, which chance misses."""
    builder = Builder(hardware, rng)
    base = (1 << 23) - 77
    for count in (*((1 << bits) - 1 for bits in range(13, 19)), 1 << 17, 1 << 18, (1 << 18) + 5):
        builder.load_random(Operation.LOAD, base, count)
        builder.store(base, count)
    return builder.program(name)


def pairs_of_tiles(name: str, hardware: Hardware, rng: np.random.Generator) -> CoreProgram:
    """Residual adds over several column tiles, where ROWS > COLS, with constants of their own for each tile."""
    builder = Builder(hardware, rng)
    builder.fill()
    rows, groups = hardware.rows, hardware.groups
    half = 1 << (hardware.x_w - 1)
    for tiles in range(1, min(2 * groups + 2, hardware.par_depth // 2 + 1)):
        step = _run(
            combine=Combine.PAIR, out_w=2, out_h=5, in_w=2, in_h=5, col_step=64, row_step=8, out_pixels=5, out_step=8,
            col_tiles=tiles, rows_per_tap=rows, x_zero_point=3, x2_zero_point=5, x2_signed=1, out_base=1,
            same_weights=0, y_lo=-half, y_hi=half - 1, blocks=-(-10 // hardware.acc_depth),
        )  # fmt: skip
        _must(builder, step)
    builder.store_known(4)
    return builder.program(name)


def extents(name: str, hardware: Hardware, rng: np.random.Generator) -> CoreProgram:
    """Each extent of a RUN once with all bits of its counter, on an array of more than two rows.

    Using a tile takes longer than loading the next one, so that the loader waits in each; a second column tile shows
    whether it has counted the K tiles right.
    """
    builder = Builder(hardware, rng)
    builder.fill()
    for extent in EXTENTS:
        pixels = hardware.rows + 1 if extent in ("k_tiles", "col_tiles") else 1
        twice = 2 if extent == "k_tiles" else 1
        done = False
        while not done:
            value = int(rng.integers(TOP + 1, TOP + TOP // 8))
            fixed = {"combine": Combine.SUM, **dict.fromkeys(EXTENTS, 1), "out_w": pixels, "col_tiles": twice}
            budget = 2 * pixels * twice * value
            step = RunDraw(rng, hardware, full=True, budget=budget, fixed={**fixed, extent: value}).draw()
            done = step is not None and builder.run(step)
    builder.store_known(8)
    return builder.program(name)


def ties(name: str, hardware: Hardware, rng: np.random.Generator) -> CoreProgram:
    """A tie of MulQuant above all bits of a bias, and all that is one dropped bit away from it.

    X_W = W_W = 8, ROWS = 2: one step makes a large sum, which stays in the accumulator for all others.
    """
    builder = Builder(hardware, rng)
    builder.renew = 0
    guard = hardware.bias_w
    unit = 1 << (guard - 1)
    each = 2 * 255 * 128
    count = (5 * unit >> hardware.scale_w) // each
    lanes = np.ones((1, hardware.cols), dtype=np.int64)
    builder.load(Operation.LOAD, 0, np.array([[255, 255]]))
    builder.load(Operation.WEIGHTS, 0, np.repeat(np.array([[-128], [-128], [0], [0]]), hardware.cols, axis=1))
    tiles = {"dil_h": 0, "dil_w": 0, "tap_col_step": 0, "tap_row_step": 0}
    _must(builder, _run(**tiles, k_tiles=count, taps=count, hold=1))
    out = 0
    for rounding, factor, base in (
        (Rounding.HALF_EVEN, -(1 << (hardware.scale_w - 1)), 0),
        (Rounding.HALF_AWAY, 3 * unit // (2 * count * each), -4 * unit),
    ):
        for rest in (0, *(1 << bit for bit in range(guard))):
            out += 1
            # The bias makes base + 2^BIAS_W + rest of the product, which is less than 2^(BIAS_W - 1) away.
            bias = base + (1 << guard) + rest + count * each * factor
            constants = encode_lanes(lanes * factor, bias, guard + 1, hardware)
            step = _run(k_tiles=1, taps=1, weight_base=2, keep=1, rounding=rounding.code, out_base=out)
            _must(builder, step, constants)
    builder.store_known(1)
    return builder.program(name)


def behind_table(name: str, hardware: Hardware, rng: np.random.Generator) -> CoreProgram:
    """What touches the last result of a RUN right behind it, where that has passed a table: STORE, MOVE, RUN."""
    builder = Builder(hardware, rng)
    builder.fill()
    rows, half, out = hardware.rows, 1 << (hardware.x_w - 1), 40
    for pixels in (1, 2, rows + 1):
        last = out + pixels - 1
        looked_up = _run(
            out_w=pixels, in_w=pixels, col_step=1, out_pixels=pixels, out_base=out, out_step=1, rows_per_tap=rows,
            col_tiles=hardware.groups, same_weights=0, table=1, table_page=int(rng.integers(hardware.pages)),
            y_lo=-half, y_hi=half - 1, blocks=-(-pixels // hardware.acc_depth),
        )  # fmt: skip
        _must(builder, looked_up)
        builder.store(last, 1)
        _must(builder, looked_up)
        moved = Descriptor(op=Operation.MOVE, origin=last, in_w=1, col_tiles=1, lane_last=rows - 1, x_signed=1)
        if not (add_move(builder, moved) and read_back(builder, moved)):
            raise AssertionError(f"a directed step is not legal: {moved}")
        _must(builder, looked_up)
        # Sums that are not complete need no parameter word, which would come between the two.
        reads = {"origin": last, "rows_per_tap": rows, "y_lo": -half, "y_hi": half - 1, "out_base": out - 1}
        _must(builder, _run(hold=1, **reads))
        _must(builder, _run(keep=1, **reads))
    builder.store_known(4)
    return builder.program(name)


def windows(name: str, hardware: Hardware, rng: np.random.Generator) -> CoreProgram:
    """Kernels of several rows and columns over maps as networks have them: odd steps, and each tap meets the image.

    What chance draws reads and writes at addresses of another parity, and its windows seldom have three rows.
    """
    builder = Builder(hardware, rng)
    builder.fill()
    first, wide, out = 40, 19, 400  # the map's first word, its width, the result's first word
    for rows, columns in ((3, 3), (5, 2), (2, 5), (4, 3)):
        for together in range(1, min(3, hardware.rows) + 1):
            dilation = int(rng.integers(1, 5))
            pad_h, pad_w = rows // 2, columns * dilation // 2
            fixed = {
                "combine": Combine.SUM, "images": 1, "out_h": 9, "out_w": 15, "in_h": 10, "in_w": wide,
                "stride_h": 1, "stride_w": 1, "pad_h": pad_h, "pad_w": pad_w, "dil_h": 1, "dil_w": dilation,
                "taps": rows * columns, "k_w": columns, "taps_per_tile": together, "ch_words": 1,
                "rows_per_tap": hardware.rows // together, "k_tiles": -(-rows * columns // together), "col_tiles": 1,
                "origin": first - pad_h * wide - pad_w, "col_step": 1, "row_step": wide, "tap_col_step": dilation,
                "tap_row_step": wide, "image_step": 0, "out_base": out, "out_step": 1, "out_image_step": 0,
            }  # fmt: skip
            done = False
            while not done:
                step = RunDraw(rng, hardware, full=True, budget=1 << 13, fixed=fixed).draw()
                done = step is not None and builder.run(step)
            builder.store(out, 9 * 15)
    return builder.program(name)


DIRECTED: dict[str, tuple[str, Make]] = {
    "million": ("deep", million),
    "transfer": ("deep", long_transfer),
    "top": ("deep", top_sums),
    "pairs": ("odd", pairs_of_tiles),
    "pairs4": ("small", pairs_of_tiles),
    "extents": ("small", extents),
    "ties": ("long", ties),
    "windows": ("odd", windows),
    "tables": ("small", behind_table),
    "tables3": ("narrow", behind_table),
}
"""By name: the core of `BUILDS` and what makes the program."""
