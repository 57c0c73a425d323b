"""Draws SOFTMAX and LAYER_NORM steps over the whole legal range of every field, independent of any compiler."""

from __future__ import annotations

from t2c.contract.descriptor import FIELDS, Descriptor
from t2c.contract.field_kinds import ROW_LENGTH
from t2c.contract.operations import ROW_STEPS, Operation
from t2c.contract.schedule import row_cycles
from t2c.golden.arithmetic.softmax import EXPONENT_BITS, OUTPUT_BITS
from t2c.tb.random_programs.field_draw import FieldDraw, within


class RowDraw(FieldDraw):
    """One step of rows in the making."""

    def draw(self) -> Descriptor | None:
        """A step that is legal by itself; None if these draws gave none. What it reads is for others to bring.

        Raises:
            RangeError: a fixed field is out of its range.
        """
        operation = Operation(self.fixed.pop("op", ROW_STEPS[int(self.rng.integers(len(ROW_STEPS)))]))
        self.made = {entry.name: self._any_word(entry.name) for entry in FIELDS if operation not in entry.readers}
        self._extents(operation)
        self._addresses()
        self.made["x_signed"] = self._field("x_signed")
        if operation is Operation.SOFTMAX:
            self._softmax()
        else:
            self._layer_norm()
        step = Descriptor(op=operation, layer=self._field("layer"), **{**self.made, **self.fixed})
        legal = step.y_lo <= step.y_hi if operation is Operation.LAYER_NORM else step.result_bits <= self.hardware.x_w
        return step if legal and row_cycles(step, self.hardware) <= self.budget else None

    def _extents(self, operation: Operation) -> None:
        """Length and number of rows: what the memories hold and the budget has time for."""
        hardware, made = self.hardware, self.made
        most = min(ROW_LENGTH.high, hardware.act_depth // 3 * hardware.rows, self.budget // 4 * hardware.row_lanes)
        if operation is Operation.LAYER_NORM and not self._whole(hardware.par_depth):
            most = min(most, hardware.par_depth * hardware.cols)
        length = int(2 ** self.rng.uniform(0, most.bit_length())) if self._chance(0.7) else most
        made["row_length"] = self._field("row_length", 1, max(1, min(length, most)))
        beats = -(-made["row_length"] // hardware.row_lanes)
        rows = max(1, (self.budget - 60) // max(beats, 45))
        made["out_pixels"] = self._field("out_pixels", 1, int(2 ** self.rng.uniform(0, rows.bit_length())))

    def _addresses(self) -> None:
        """Rows of their own, whose words the results do not meet; or the rows themselves, or those before them."""
        made, hardware, rows = self.made, self.hardware, self.made["out_pixels"]
        words = -(-made["row_length"] // hardware.rows)
        onto_itself = self._chance(0.35)
        factor = 1
        while factor < (words if onto_itself else 2 * words):
            factor *= 2
        if (not self.full and not onto_itself) or factor > hardware.act_depth:
            factor = 1
        made["row_step"] = self._step("row_step", rows, factor)
        made["out_step"] = self._step("out_step", rows, factor)
        for base, step, first in (("origin", "row_step", 0), ("out_base", "out_step", 0 if factor == 1 else words)):
            end = made[step] * (rows - 1)
            made[base] = self._base(base, (min(0, end), max(0, end) + words), factor, first)
        if onto_itself:
            earlier = int(self.rng.integers(2))
            made["out_step"] = made["row_step"]
            made["out_base"] = within(made["origin"] - earlier * made["row_step"])

    def _softmax(self) -> None:
        made, hardware = self.made, self.hardware
        made["table_page"] = self._field(
            "table_page", 0, None if self._whole(hardware.tbl_depth) else hardware.pages - 1
        )
        most = min(OUTPUT_BITS[1], hardware.x_w)
        if "reciprocal_bits" in self.fixed:
            most = min(most, self.fixed["reciprocal_bits"] - EXPONENT_BITS[0])
        made["result_bits"] = self._field("result_bits", OUTPUT_BITS[0], most)
        made["reciprocal_bits"] = self._field("reciprocal_bits", EXPONENT_BITS[0] + made["result_bits"])

    def _layer_norm(self) -> None:
        made, hardware, x_w = self.made, self.hardware, self.hardware.x_w
        needed = -(-made["row_length"] // hardware.cols)
        last = None if self._whole(hardware.par_depth) else max(0, hardware.par_depth - needed)
        made["param_base"] = self._field("param_base", 0, last)
        made["rounding"] = self._field("rounding")
        made["epsilon_high"] = self._field("epsilon_high") if self._chance(0.4) else self._field("epsilon_high", 0, 0)
        made["epsilon_low"] = self._field("epsilon_low", 0 if made["epsilon_high"] else 1)
        if "epsilon_low" not in self.fixed and self._chance(0.6):
            made["epsilon_low"] = int(2 ** self.rng.uniform(0, 32))
        if self.fixed.get("epsilon_low") == 0:
            made["epsilon_high"] = self._field("epsilon_high", 1)
        low, high = -(1 << x_w), (1 << x_w) - 1
        for name in ("y_zero_point", "y_lo", "y_hi"):
            made[name] = self._field(name, low, high)
        if self._chance(0.8):
            signed = self._chance(0.5)
            made |= {"y_lo": -(1 << (x_w - 1)) if signed else 0, "y_hi": (1 << (x_w - signed)) - 1}
        elif made["y_lo"] > made["y_hi"]:
            made["y_lo"], made["y_hi"] = made["y_hi"], made["y_lo"]

    @staticmethod
    def _whole(depth: int) -> bool:
        """Every address is a word of a memory of that depth."""
        return depth & (depth - 1) == 0
