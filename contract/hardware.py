"""The engine's elaboration parameters: one simulator build serves every layer that agrees on them."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from t2c.golden.arithmetic.formats import check_int
from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.errors import RangeError

SHIFT_W = 6


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """Parameters of rtl/t2c_core.v.

    rows, cols: array size, rows a multiple of cols; x_w, w_w: operand widths, bits; acc_w, scale_w, bias_w:
    accumulator, multiplier and bias widths, bits; act_depth: activation words of `rows` channels; wgt_depth: weight
    rows of `cols` weights; par_depth: parameter words, one a column tile; acc_depth: output pixels a block, even;
    prg_depth: program words.

    The defaults are those of the Verilog. At 16 x 16 they hold ResNet-18 at 224 x 224
    whole; a chip takes what it can afford, and the compiler cuts what does not fit.

    Raises:
        RangeError: a parameter outside its range, or an accumulator no wider than a column sum.
    """

    rows: int = 16
    cols: int = 16
    x_w: int = 8
    w_w: int = 8
    acc_w: int = 32
    scale_w: int = 16
    bias_w: int = 40
    act_depth: int = 1 << 17
    wgt_depth: int = 1 << 20
    par_depth: int = 1 << 11
    acc_depth: int = 1 << 10
    prg_depth: int = 1 << 16

    def __post_init__(self) -> None:
        check_int("ROWS", self.rows, 2, 256)
        check_int("COLS", self.cols, 1, 256)
        check_int("X_W", self.x_w, 2, 8)
        check_int("W_W", self.w_w, 2, 8)
        Widths(acc=self.acc_w, scale=self.scale_w, bias=self.bias_w)
        if self.rows % self.cols:
            raise RangeError(f"ROWS = {self.rows} is not a multiple of COLS = {self.cols}")
        for name, low in (("act_depth", 2), ("wgt_depth", 2), ("par_depth", 4), ("prg_depth", 64)):
            check_int(name.upper(), getattr(self, name), low, 1 << 24)
        check_int("ACC_DEPTH", self.acc_depth, 2, 1 << 16)
        if self.acc_depth % 2:
            raise RangeError(f"ACC_DEPTH = {self.acc_depth} is odd")
        if self.acc_w <= self.psum_w:
            raise RangeError(f"ACC_W = {self.acc_w} is not above the column sum's {self.psum_w} bits")

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
        """Bits of a word of the input stream: max(ROWS X_W, COLS W_W)."""
        return max(self.rows * self.x_w, self.cols * self.w_w)

    @property
    def param_w(self) -> int:
        """Bits of one MulQuant lane in the parameter memory: {shift, bias, multiplier}."""
        return self.scale_w + self.bias_w + SHIFT_W

    @property
    def param_beats(self) -> int:
        """Stream words of one parameter word: ceil(COLS PARAM_W / STREAM_W)."""
        return -(-self.cols * self.param_w // self.stream_w)

    def blocks(self, pixels: int) -> list[int]:
        """Pixels of each block of a column tile: ACC_DEPTH, and what is left in the last."""
        full, rest = divmod(pixels, self.acc_depth)
        return [self.acc_depth] * full + ([rest] if rest else [])

    def parameters(self) -> dict[str, int]:
        """Verilog parameters of the engine, by name."""
        return {name.upper(): value for name, value in asdict(self).items()}
