"""Draws MOVE steps over the whole legal range of every field, independent of any compiler."""

from __future__ import annotations

from t2c.contract.descriptor import FIELDS, Descriptor
from t2c.contract.operations import Operation
from t2c.tb.random_programs.field_draw import FieldDraw


class MoveDraw(FieldDraw):
    """One MOVE step in the making."""

    def draw(self) -> Descriptor | None:
        """A step that is legal by itself; None if these draws gave none. What it reads is for others to bring.

        Raises:
            RangeError: a fixed field is out of its range.
        """
        self.made = {entry.name: self._any_word(entry.name) for entry in FIELDS if Operation.MOVE not in entry.readers}
        for name in ("transpose", "x_signed"):
            self.made[name] = self._field(name)
        if not self._tiles():
            return None
        self._tokens()
        self._lanes()
        step = Descriptor(op=Operation.MOVE, layer=self._field("layer"), **{**self.made, **self.fixed})
        return None if step.ch_words == 1 and step.lane_first > step.lane_last else step

    def _tiles(self) -> bool:
        """Tiles that budget and weight memory have room for, and channel words that belong to them; false if none."""
        made, rows, groups = self.made, self.hardware.rows, self.hardware.groups
        most = min(self.budget, self.hardware.wgt_depth) // rows
        if made["transpose"] and "ch_words" in self.fixed:
            self.fixed["k_tiles"] = self.fixed["ch_words"]
        names = ("k_tiles", "col_tiles") if self._chance(0.5) else ("col_tiles", "k_tiles")
        for name in names:
            other = made.get(names[0], self.fixed.get(names[1], 1))
            room = most // other
            if room < 1:
                return False
            made[name] = self._field(name, 1, int(2 ** self.rng.uniform(0, min(room, 65535).bit_length())))
        needed = -(-made["col_tiles"] // groups)
        if made["transpose"]:
            made["ch_words"] = made["k_tiles"]
        else:
            made["ch_words"] = self._field("ch_words", needed, needed if self._chance(0.7) else None)
        moved = rows * made["k_tiles"] * made["col_tiles"]
        made["base"] = self._field("base", 0, max(0, self.hardware.wgt_depth - moved))
        legal = made["transpose"] or made["ch_words"] >= needed
        return bool(legal) and moved <= most * rows and made["base"] + moved <= self.hardware.wgt_depth

    def _tokens(self) -> None:
        """Tokens that mostly end in the last tile, and their addresses."""
        made, hardware = self.made, self.hardware
        each, tiles = (hardware.cols, "col_tiles") if made["transpose"] else (hardware.rows, "k_tiles")
        walked = each * made[tiles]
        if self._chance(0.8):
            made["in_w"] = self._field("in_w", min(walked - each + 1, 65535), min(walked, 65535))
        else:
            made["in_w"] = self._field("in_w")
        turns = min(walked, made["in_w"])
        made["col_step"] = self._step("col_step", turns, 1)
        end, words = made["col_step"] * (turns - 1), min(made["ch_words"], 1 + made["col_tiles"] // hardware.groups)
        words = made["ch_words"] if made["transpose"] else words
        made["origin"] = self._base("origin", (min(0, end), max(0, end) + words), 1, 0)

    def _lanes(self) -> None:
        """Whole words twice in three times, else an operand that shares its first or last word with others."""
        made, last = self.made, self.hardware.rows - 1
        made["lane_first"] = self._field("lane_first", 0, last if self._chance(0.4) else 0)
        low = made["lane_first"] if made["ch_words"] == 1 else 0
        made["lane_last"] = self._field("lane_last", low if self._chance(0.4) else last, last)
