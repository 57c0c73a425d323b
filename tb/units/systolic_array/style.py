"""How arrays of other people differ from ours: who skews, how weights come, and signals that ours lacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from t2c.tb.catalogue.interface import FIXED_LATENCY, Interface
from t2c.tb.catalogue.style import Style, StyleValues
from t2c.tb.dut.expressions import evaluate

if TYPE_CHECKING:  # units are listed where no YAML is installed
    from t2c.common.strict_yaml import Value

SKEWED = ("a_data", "psum_data", "w_data")
INSIDE, OUTSIDE = "inside", "outside"
ROWS, COLUMNS, TILE, TILE_BY_COLUMNS = "rows", "columns", "tile", "tile_by_columns"
EXTRAS = {
    "w_ready": ("output", "1"),
    "w_last": ("input", "1"),
    "w_row": ("input", "clog2(WORDS)"),
    "w_select": ("input", "WORDS"),
    "w_column_valid": ("input", "WEIGHTS"),
    "a_row_valid": ("input", "ROWS"),
    "a_last": ("input", "1"),
    "a_ready": ("output", "1"),
    "psum_column_valid": ("output", "COLS"),
}
"""Signals that ours lacks: direction and bits. WORDS: of a tile; WEIGHTS: of a word."""
_WAY_OUT = {
    "outputs": "this bench streams operands past weights that stay; an array whose sums stay is described whole, as "
    "unit: accelerator with a layout for each operand (examples/accelerators/os_gemm/dut.yaml)",
    "inputs": "an array whose activations stay is one whose operands have changed places: map w_data to what stays and "
    "a_data to what passes by, and leave this field out",
}


@dataclass(frozen=True, kw_only=True)
class ArrayStyle:
    """One array's style.

    skew: ports whose lane k stands k cycles later than lane 0. weight_words: what a weight word holds. unsigned:
    ports whose elements are. sum_bits: of a column sum, PSUM_W or more. held: no valid says when a tile in one word
    is to be taken, so that it stays on its pins. extras: signals, besides ours, that it has.
    """

    skew: tuple[str, ...] = ()
    weight_words: str = ROWS
    unsigned: tuple[str, ...] = ()
    sum_bits: str | int = "PSUM_W"
    held: bool = False
    extras: tuple[str, ...] = ()

    @classmethod
    def of(cls, values: StyleValues) -> ArrayStyle:
        """From traits; our own array's is empty."""
        found: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in values.items()}
        return cls(**found)

    def words(self, rows: int, cols: int) -> int:
        """Weight words of a tile."""
        return {ROWS: rows, COLUMNS: cols}.get(self.weight_words, 1)

    def bits_of_sum(self, parameters: Mapping[str, int]) -> int:
        """Bits of a column sum.

        Raises:
            ValueError: fewer than the largest needs, or no number.
        """
        found, needed = evaluate(self.sum_bits, parameters), parameters["PSUM_W"]
        if not needed <= found <= 64:
            raise ValueError(f"{found} is outside {needed}..64: sums of this size take {needed} bits")
        return found


def read_style(fields: Mapping[str, Value], ports: Mapping[str, Value], handshake: str) -> StyleValues:
    """The style in a description. fields: those that it has of this style's; ports: what it maps.

    Raises:
        YamlError: values that are none, or do not go together.
    """
    if "stationary" in fields:
        kept = fields["stationary"].choice("weights", *_WAY_OUT)
        if kept in _WAY_OUT:
            raise fields["stationary"].error(f"stationary: {_WAY_OUT[kept]}")
    skew = _skew(fields["skew"]) if "skew" in fields else ()
    if "a_data" in skew and "a_ready" in ports:
        raise fields["skew"].error(
            "skew: rows that are fed skewed cannot wait for one a_ready; bring the array with what skews its rows"
        )
    if "w_data" in skew and "w_ready" in ports:
        raise fields["skew"].error("skew: columns that are fed skewed cannot wait for one w_ready")
    words = fields["weight_words"].choice(ROWS, COLUMNS, TILE, TILE_BY_COLUMNS) if "weight_words" in fields else ROWS
    for name in ("a_ready", "psum_column_valid"):
        if handshake == FIXED_LATENCY and name in ports:
            raise ports[name].error(
                f"{name}: with handshake {FIXED_LATENCY} every operand is taken in its cycle, and "
                "the sums are counted from there; a module that says so itself is valid_only"
            )
    for name in ("w_row", "w_select"):
        if words not in (ROWS, COLUMNS) and name in ports:
            raise fields["weight_words"].error(f"weight_words: a tile in one word has no use for {name}")
    unsigned = (
        tuple(entry.choice("a_data", "w_data") for entry in fields["unsigned"].items())
        if ("unsigned" in fields)
        else ()
    )
    return {
        "skew": list(skew),
        "weight_words": words,
        "unsigned": list(dict.fromkeys(unsigned)),
        "sum_bits": fields["sum_bits"].scalar() if "sum_bits" in fields else "PSUM_W",
        "held": words not in (ROWS, COLUMNS) and "w_valid" not in ports,
        "extras": [name for name in EXTRAS if name in ports],
    }


def _skew(value: Value) -> tuple[str, ...]:
    """Ports that are skewed outside the module; one word stands for what goes in with the operands and for the sums."""
    if not value.is_mapping:
        return SKEWED[:2] if value.choice(INSIDE, OUTSIDE) == OUTSIDE else ()
    entries = value.only(*SKEWED)
    return tuple(name for name in SKEWED if name in entries and entries[name].choice(INSIDE, OUTSIDE) == OUTSIDE)


def styled_interface(interface: Interface, values: StyleValues) -> Interface:
    """The interface of such an array."""
    style = ArrayStyle.of(values)
    spare = {"a_row_valid": "a_valid", "psum_column_valid": "psum_valid", "w_select": "w_valid"}
    spare["w_column_valid"] = "w_valid"
    absent = [ours for theirs, ours in spare.items() if theirs in style.extras]
    if style.held:
        absent.append("w_valid")
    weights = {ROWS: "COLS", COLUMNS: "ROWS"}.get(style.weight_words, "ROWS * COLS")
    lanes = {
        **interface.lanes,
        "w_data": weights,
        "w_select": {ROWS: "ROWS", COLUMNS: "COLS"}.get(style.weight_words, "1"),
        "w_column_valid": weights,
        "a_row_valid": "ROWS",
        "psum_column_valid": "COLS",
    }
    return replace(interface, lanes=lanes, spare=tuple(absent), extras=tuple(EXTRAS))


def styled_ports(values: StyleValues, parameters: Mapping[str, int]) -> Mapping[str, tuple[str, int]]:
    """Ports of such an array: ours in its widths, and those of its extras.

    Raises:
        ValueError: `sum_bits: ` and why it is none.
    """
    style = ArrayStyle.of(values)
    rows, cols, w_w = parameters["ROWS"], parameters["COLS"], parameters["W_W"]
    words = style.words(rows, cols)
    try:
        sum_bits = style.bits_of_sum(parameters)
    except ValueError as error:
        raise ValueError(f"sum_bits: {error}") from error
    known = {"ROWS": rows, "COLS": cols, "WORDS": words, "WEIGHTS": rows * cols // words}
    ports: dict[str, tuple[str, int]] = {
        "w_valid_i": ("input", 1),
        "w_data_i": ("input", rows * cols // words * w_w),
        "a_valid_i": ("input", 1),
        "a_first_i": ("input", 1),
        "a_data_i": ("input", rows * parameters["A_W"]),
        "psum_valid_o": ("output", 1),
        "psum_data_o": ("output", cols * sum_bits),
    }
    for name in style.extras:
        direction, bits = EXTRAS[name]
        ports[f"{name}_{direction[0]}"] = (direction, max(evaluate(bits, known), 1))
    return ports


ARRAY_STYLE = Style(
    fields=("stationary", "skew", "weight_words", "unsigned", "sum_bits"),
    read=read_style,
    interface=styled_interface,
    ports=styled_ports,
)
