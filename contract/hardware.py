"""The core's parameters: one simulator build serves every layer that agrees on them."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

from t2c.contract.descriptor import DESCRIPTOR_WORDS
from t2c.contract.field_kinds import ADDRESS_BITS, COUNT_BITS, TABLE_BITS, WORD_BITS
from t2c.golden.arithmetic.formats import check_int
from t2c.golden.arithmetic.mulquant import ACC_BITS, SCALE_BITS
from t2c.golden.arithmetic.rounding import MAX_SHIFT
from t2c.golden.elements.columns import Columns, columns_of
from t2c.golden.errors import RangeError

SHIFT_W = MAX_SHIFT.bit_length()
"""Bits of a shift: parameter SHIFT_W of the RTL, the same in every build."""
DEPTH_MAX = 1 << ADDRESS_BITS
BIAS_BITS, PRODUCT_BITS = (2, 60), 61
"""Widths of a bias, and the largest of an accumulator and a multiplier together; golden takes more."""
OPERAND_BITS = (2, 8)
"""Least and largest widths of activations and weights."""


def _parameter(default: int, low: int, high: int, meaning: str, *, also: str = "") -> Any:
    """A field of `Hardware` with what `Parameter` says of it."""
    rest = {"low": low, "high": high, "meaning": meaning, "also": also}
    return field(default=default, metadata={"default": default, **rest})


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """Parameters of rtl/t2c_core.v. This list is the only one; docs/units/t2c_core.md shows it. element, the last, is
    none: it says which elements the columns have (`columns_of`), and so which RTL it is (`t2c.contract.element_rtl`).

    The defaults are those of the Verilog. At 16 x 16 they hold ResNet-18 at 224 x 224 whole; a chip takes what it can
    afford, and the compiler cuts what does not fit.

    Raises:
        RangeError: a parameter outside its range, or an accumulator no wider than a column sum.
        UserError: an element that the array cannot have.
    """

    rows: int = _parameter(16, 2, 256, "rows of the array, lanes of an activation word")
    cols: int = _parameter(16, 1, 256, "columns of the array", also="a divisor of ROWS")
    x_w: int = _parameter(8, *OPERAND_BITS, "bits of an activation; narrower tensors run on wider hardware")
    w_w: int = _parameter(8, *OPERAND_BITS, "bits of a weight; narrower ones run too")
    acc_w: int = _parameter(
        32, *ACC_BITS, "bits of an accumulator", also="above X_W + 1 + W_W + ⌈log2 ROWS⌉; ACC_W + SCALE_W at most 61"
    )
    scale_w: int = _parameter(16, *SCALE_BITS, "bits of a multiplier")
    bias_w: int = _parameter(40, *BIAS_BITS, "bits of a bias")
    act_depth: int = _parameter(1 << 17, 2, DEPTH_MAX, "activation words of ROWS channels")
    wgt_depth: int = _parameter(1 << 20, 2, DEPTH_MAX, "weight rows of COLS weights")
    par_depth: int = _parameter(1 << 11, 4, DEPTH_MAX, "parameter words of COLS lanes, one a column tile")
    acc_depth: int = _parameter(1 << 10, 2, 1 << COUNT_BITS, "output pixels of a block", also="even")
    prg_depth: int = _parameter(1 << 16, DESCRIPTOR_WORDS, DEPTH_MAX, "program words of 32 bits")
    tbl_depth: int = _parameter(
        1 << 12, 4, 1 << COUNT_BITS, "entries of the table memory, 2^X_W a page", also="at least 2^X_W"
    )
    row_lanes: int = _parameter(
        0,
        0,
        64,
        "elements of a row that the row engine takes in a cycle; 0: no row engine",
        also="a power of two that divides COLS",
    )
    element: str = ""

    def __post_init__(self) -> None:
        for parameter in PARAMETERS:
            check_int(parameter.name, getattr(self, parameter.attribute), parameter.low, parameter.high)
        if self.acc_w + self.scale_w > PRODUCT_BITS:
            raise RangeError(f"ACC_W + SCALE_W = {self.acc_w + self.scale_w} is above {PRODUCT_BITS}")
        if self.rows % self.cols:
            raise RangeError(f"ROWS = {self.rows} is not a multiple of COLS = {self.cols}")
        if self.tbl_depth < 1 << self.x_w:
            raise RangeError(f"TBL_DEPTH = {self.tbl_depth} holds not one page of 2^X_W = {1 << self.x_w} entries")
        if self.row_lanes and (self.row_lanes & (self.row_lanes - 1) or self.cols % self.row_lanes):
            raise RangeError(f"ROW_LANES = {self.row_lanes} is not a power of two that divides COLS = {self.cols}")
        if self.acc_depth % 2:
            raise RangeError(f"ACC_DEPTH = {self.acc_depth} is odd")
        if self.acc_w <= self.psum_w:
            raise RangeError(f"ACC_W = {self.acc_w} is not above the column sum's {self.psum_w} bits")
        if self.rows % self.columns.span:
            span = self.columns.span
            raise RangeError(f"ROWS = {self.rows} is not a multiple of the {span} rows of element {self.element!r}")
        for element, _ in self.columns.parts:
            most = self.tile_words * element.bound(self.x_w + 1, self.w_w)
            if most >= 1 << (self.psum_w - 1):
                text = f"a column of element {element.name!r} may sum to {most}"
                raise RangeError(f"{text}, which does not fit PSUM_W = {self.psum_w} bits")

    @cached_property
    def columns(self) -> Columns:
        """The elements of each column."""
        return columns_of(self.element, self.cols, self.w_w)

    @property
    def code_w(self) -> int:
        """Bits of a lane of the weight memory: the code of an element's weights."""
        return self.columns.code_bits(self.w_w)

    @property
    def tile_words(self) -> int:
        """Words of the weight memory of a tile of the array: ROWS, less where an element takes several rows."""
        return self.rows // self.columns.span

    @property
    def psum_w(self) -> int:
        """Bits of a column sum: X_W + 1 + W_W + ceil(log2 ROWS)."""
        return self.x_w + 1 + self.w_w + (self.rows - 1).bit_length()

    @property
    def act_addr_w(self) -> int:
        """Bits of an activation address; addresses wrap at 2 to this power."""
        return (self.act_depth - 1).bit_length()

    @property
    def groups(self) -> int:
        """Column tiles of one activation word: ROWS / COLS."""
        return self.rows // self.cols

    @property
    def stream_w(self) -> int:
        """Bits of a word of the input stream: max(ROWS X_W, COLS CODE_W)."""
        return max(self.rows * self.x_w, self.cols * self.code_w)

    @property
    def param_w(self) -> int:
        """Bits of one MulQuant lane in the parameter memory: {shift, bias, multiplier}."""
        return self.scale_w + self.bias_w + SHIFT_W

    @property
    def param_beats(self) -> int:
        """Stream words of one parameter word: ceil(COLS PARAM_W / STREAM_W)."""
        return -(-self.cols * self.param_w // self.stream_w)

    @property
    def pages(self) -> int:
        """Whole pages of the table memory."""
        return self.tbl_depth >> self.x_w

    @property
    def table_beats(self) -> int:
        """Stream words of one entry of the table memory: ceil(TABLE_BITS / STREAM_W)."""
        return -(-TABLE_BITS // self.stream_w)

    @property
    def memory_bits(self) -> dict[str, int]:
        """Bits of each memory of the core; each lane has a table of its own."""
        return {
            "activations": self.act_depth * self.rows * self.x_w,
            "weights": self.wgt_depth * self.cols * self.code_w,
            "parameters": self.par_depth * self.cols * self.param_w,
            "accumulators": self.acc_depth * self.cols * self.acc_w,
            "tables": self.tbl_depth * self.cols * TABLE_BITS,
            "program": self.prg_depth * WORD_BITS,
        }

    @classmethod
    def usual_acc_w(cls, scale_w: int, most: int = 32) -> int:
        """ACC_W that goes with multipliers of that width: as wide as wanted, or as the core takes both together."""
        return min(most, PRODUCT_BITS - scale_w)

    @classmethod
    def usual_row_lanes(cls, rows: int, cols: int) -> int:
        """ROW_LANES that suit an array: a quarter of ROWS or little more, as far as they divide COLS.

        A row of softmax or LayerNorm has a floor of some 40 cycles, so more lanes gain little and are larger.
        """
        (limit,) = (entry.high for entry in PARAMETERS if entry.attribute == "row_lanes")
        quarter = 1 << ((rows + 3) // 4 - 1).bit_length()
        return min(quarter, cols & -cols, limit)

    def blocks(self, pixels: int) -> list[int]:
        """Pixels of each block of a column tile: ACC_DEPTH, and what is left in the last."""
        full, rest = divmod(pixels, self.acc_depth)
        return [self.acc_depth] * full + ([rest] if rest else [])

    def parameters(self) -> dict[str, int]:
        """Verilog parameters of the engine, by name."""
        return {parameter.name: getattr(self, parameter.attribute) for parameter in PARAMETERS}


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A parameter of the core.

    name: in the RTL; attribute: of `Hardware`; default: of both; low, high: inclusive; also: another limit in words,
    which `Hardware` checks itself; meaning: a phrase.
    """

    name: str
    attribute: str
    default: int
    low: int
    high: int
    also: str
    meaning: str


PARAMETERS = tuple(
    Parameter(name=made.name.upper(), attribute=made.name, **made.metadata)
    for made in fields(Hardware)
    if made.metadata
)
"""The parameters in the order of `Hardware`."""
