"""Draws RUN steps over the whole legal range of every field, independent of any compiler."""

from __future__ import annotations

import numpy as np

from t2c.contract.descriptor import EXTENT_MAX, FIELDS, Descriptor
from t2c.contract.hardware import Hardware
from t2c.contract.operations import Combine, Operation
from t2c.tb.random_programs.field_draw import FieldDraw

EXTENTS = ("images", "out_h", "out_w", "k_tiles", "col_tiles")
"""Fields whose product is the time that a RUN takes."""


class RunDraw(FieldDraw):
    """One RUN step in the making."""

    def draw(self) -> Descriptor | None:
        """A step that is legal by itself; None if these draws gave none. What it reads is for others to bring.

        Raises:
            RangeError: a fixed field is out of its range.
        """
        self.made = {entry.name: self._any_word(entry.name) for entry in FIELDS if Operation.RUN not in entry.readers}
        combine = Combine(self._field("combine")) if self._chance(0.6) else Combine.SUM
        self.made["combine"] = Combine(self.fixed.get("combine", combine))
        if self.fixed.get("keep") or self.fixed.get("hold"):
            self._alone()
        self._extents()
        if not self._blocks():
            return None
        self._rows()
        for axis, outputs, taps in (("h", "out_h", self._kernel_rows()), ("w", "out_w", self.made["k_w"])):
            self._axis(axis, self.made[outputs], taps)
        self._addresses()
        self._values()
        self.made |= {name: value for name, value in self.fixed.items() if name not in ("combine", *EXTENTS)}
        for size, pad in (("in_h", "pad_h"), ("in_w", "pad_w")):
            if self.made[size] + 2 * max(self.made[pad], 0) > EXTENT_MAX:
                return None
        if self.made["taps_per_tile"] > 1 and self.made["ch_words"] > 1:
            return None
        if self.made["taps_per_tile"] * self.made["rows_per_tap"] > self.hardware.rows:
            return None
        if self.made["y_lo"] > self.made["y_hi"]:
            return None
        return Descriptor(op=Operation.RUN, layer=self._field("layer"), **self.made)

    # ------------------------------------------------------------------ time
    def _alone(self) -> None:
        """One column tile of one block, as sums that stay need it."""
        pixels = int(self.rng.integers(1, min(self.hardware.acc_depth, 64), endpoint=True))
        usual = {"images": 1, "out_h": 1, "out_w": pixels, "col_tiles": 1}
        self.fixed = {**usual, **self.fixed}

    def _extents(self) -> None:
        """Random extents whose product fits the budget; one of them often takes all of it."""
        free = [name for name in EXTENTS if name not in self.fixed]
        self.made |= {name: self.fixed[name] for name in EXTENTS if name in self.fixed}
        spent = self.hardware.rows * int(np.prod([self.fixed.get(name, 1) for name in EXTENTS], dtype=np.int64))
        length = max(0.0, float(np.log2(max(1, self.budget // spent))))
        shares = self.rng.exponential(size=len(free)) * (self.rng.random(len(free)) < 0.8)
        shares = shares / max(1e-9, shares.sum()) * self.rng.random()
        if free and self._chance(0.2):
            shares = np.eye(len(free))[int(self.rng.integers(len(free)))]
        for name, share in zip(free, shares, strict=True):
            size = 2.0 ** (length * share)
            self.made[name] = int(min(max(1.0, size * self.rng.uniform(0.6, 1.0)), 65535))
        if self.made["combine"] is Combine.PAIR:
            self.made["out_w"] = max(2, self.made["out_w"] & ~1)

    def _blocks(self) -> bool:
        """Blocks and results that belong to the extents; false if the step takes too long."""
        made = self.made
        pixels = made["images"] * made["out_h"] * made["out_w"]
        blocks = -(-pixels // self.hardware.acc_depth)
        made["blocks"] = blocks
        if not 1 <= blocks <= 65535:
            return False
        alone = blocks * made["col_tiles"] == 1
        for name in ("keep", "hold"):
            made[name] = self.fixed.get(name, int(alone and self._chance(0.25)))
            if made[name] and not alone:
                return False
        each = made["out_h"] * made["out_w"] // (2 if made["combine"] is Combine.PAIR else 1)
        made["out_pixels"] = self._field("out_pixels") if made["hold"] else each
        if each >= 1 << 24:
            return False
        size = {name: made[name] for name in (*EXTENTS, "blocks", "keep", "hold", "out_pixels")}
        usual = {"in_h": 1, "in_w": 1, "rows_per_tap": 1, "param_base": 0, "y_lo": 0, "y_hi": 0, "rounding": 0}
        step = Descriptor(op=Operation.RUN, **{**usual, **size})
        return _array_time(step, self.hardware) <= self.budget

    # ------------------------------------------------------------------ rows of the array
    def _rows(self) -> None:
        made, rows = self.made, self.hardware.rows
        packed = made["combine"] is not Combine.PAIR and self._chance(0.3)
        if packed:
            made["rows_per_tap"] = self._field("rows_per_tap", 1, max(1, rows // 2))
            made["taps_per_tile"] = self._field("taps_per_tile", 1, max(1, rows // made["rows_per_tap"]))
            made["ch_words"] = self._field("ch_words", 1, 1)
        else:
            made["taps_per_tile"] = self._field("taps_per_tile", 1, 1)
            made["rows_per_tap"] = self._field("rows_per_tap", rows if self._chance(0.5) else 1, rows)
            made["ch_words"] = self._field("ch_words", 1, made["k_tiles"] if self._chance(0.9) else None)
        walked = -(-made["k_tiles"] // made["ch_words"]) * made["taps_per_tile"]
        if self._chance(0.7):
            made["taps"] = self._field("taps", max(1, walked - made["taps_per_tile"]), min(walked, 65535))
        else:
            made["taps"] = self._field("taps")
        root = int(np.sqrt(walked))
        made["k_w"] = (
            self._field("k_w", max(1, root // 2), min(walked, 2 * root)) if self._chance(0.7) else self._field("k_w")
        )

    def _kernel_rows(self) -> int:
        made = self.made
        walked = -(-made["k_tiles"] // made["ch_words"]) * made["taps_per_tile"]
        rows: int = -(-min(walked, made["taps"]) // made["k_w"])
        return rows

    # ------------------------------------------------------------------ geometry
    def _axis(self, axis: str, outputs: int, taps: int) -> None:
        """Input size, stride, dilation and padding: three times in four most windows meet the image."""
        names = {part: f"{part}_{axis}" for part in ("in", "stride", "dil", "pad")}
        size = self._field(names["in"], 1, EXTENT_MAX)
        if self._chance(0.15):
            stride, dilation = self._field(names["stride"]), self._field(names["dil"])
            pad = self._field(names["pad"], None, (EXTENT_MAX - size) // 2)
        else:
            size = (
                max(size, min(outputs + taps, 16384)) if names["in"] not in self.fixed and self._chance(0.5) else size
            )
            stride = self._field(names["stride"], 1, max(1, 3 * size // (2 * outputs)))
            dilation = self._field(names["dil"], 0, max(1, 3 * size // (2 * taps)))
            span = (outputs - 1) * stride + (taps - 1) * dilation + 1
            low, high = min(0, size - span), max(0, size - span)
            over = span // 4 if self._chance(0.4) else 0
            pad = -int(self.rng.integers(low - over, high + over, endpoint=True))
            pad = self._field(names["pad"], *(min(max(pad, -32768), (EXTENT_MAX - size) // 2),) * 2)
        self.made |= {names["in"]: size, names["stride"]: stride, names["dil"]: dilation, names["pad"]: pad}

    # ------------------------------------------------------------------ addresses
    def _addresses(self) -> None:
        """Steps of 32 bits. Reads and results never meet: what the steps share as a factor keeps them apart."""
        made, hardware = self.made, self.hardware
        words_read = min(made["ch_words"], made["k_tiles"])
        words_written = -(-made["col_tiles"] // hardware.groups)
        factor = 1
        while factor < words_read + words_written:
            factor *= 2
        if not self.full or made["hold"] or factor > hardware.act_depth:
            factor = 1
        turns = {
            "col_step": made["out_w"],
            "row_step": made["out_h"],
            "image_step": made["images"],
            "tap_col_step": min(made["k_w"], made["taps"]),
            "tap_row_step": self._kernel_rows(),
        }
        results = {"out_step": 1 if made["hold"] else made["out_pixels"], "out_image_step": made["images"]}
        for names, base, first, words in (
            (turns, "origin", 0, words_read),
            (results, "out_base", words_read if factor > 1 else 0, words_written),
        ):
            for name, count in names.items():
                made[name] = self._step(name, count, factor)
            offsets = [made[name] * (count - 1) for name, count in names.items()]
            span = (sum(min(0, each) for each in offsets), sum(max(0, each) for each in offsets) + words)
            made[base] = self._base(base, span, factor, first)
        for name, depth, needed in (
            ("weight_base", hardware.wgt_depth, made["k_tiles"] * made["col_tiles"] * hardware.rows),
            ("param_base", hardware.par_depth, made["col_tiles"] * (2 if made["combine"] is Combine.PAIR else 1)),
        ):
            whole = depth & (depth - 1) == 0
            made[name] = self._field(name, 0, None if whole else max(0, depth - needed))

    # ------------------------------------------------------------------ values
    def _values(self) -> None:
        made, x_w = self.made, self.hardware.x_w
        for name in ("same_weights", "x_signed", "x2_signed", "rounding"):
            made[name] = self._field(name)
        for name, signed in (("x_zero_point", made["x_signed"]), ("x2_zero_point", made["x2_signed"])):
            low = -(1 << (x_w - 1)) if signed else 0
            made[name] = self._field(name, low, low + (1 << x_w) - 1)
            if self._chance(0.1):
                made[name] = self._field(name, -(1 << x_w), (1 << x_w) - 1)
        low, high = -(1 << x_w), (1 << x_w) - 1
        made["y_zero_point"] = (
            self._field("y_zero_point", low, high) if self._chance(0.3) else self._field("y_zero_point", 0, 0)
        )
        signed = self._chance(0.5)
        made["y_lo"] = (
            self._field("y_lo", -(1 << (x_w - 1)), -(1 << (x_w - 1))) if signed else self._field("y_lo", 0, 0)
        )
        made["y_hi"] = self._field("y_hi", (1 << (x_w - signed)) - 1, (1 << (x_w - signed)) - 1)
        made["table"] = self._field("table") if self._chance(0.7) else self._field("table", 0, 0)
        made["table_page"] = self._page() if made["table"] else self._field("table_page")
        if self._chance(0.15):
            made["y_lo"] = self._field("y_lo", low, high)
            made["y_hi"] = self._field("y_hi", max(low, made["y_lo"]), high)

    def _page(self) -> int:
        """A page of the table memory; where its depth is a power of two, addresses wrap and any will do."""
        depth = self.hardware.tbl_depth
        return self._field("table_page", 0, None if depth & (depth - 1) == 0 else self.hardware.pages - 1)


def _array_time(step: Descriptor, hardware: Hardware) -> int:
    """Cycles for which a RUN loads or uses weights. No latency is in it: a faster pipeline draws the same programs."""
    blocks = hardware.blocks(step.pixels)
    takes = [max(block, hardware.rows) for block in blocks]
    return hardware.rows + step.col_tiles * step.k_tiles * sum(takes) - (takes[-1] - blocks[-1])
