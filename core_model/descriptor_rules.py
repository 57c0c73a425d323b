"""How the fields of a descriptor go together, beside each one's own range; the engines rely on it, unchecked."""

from __future__ import annotations

from t2c.contract.descriptor import Descriptor
from t2c.contract.hardware import Hardware
from t2c.contract.operations import Combine, Operation
from t2c.core_model.errors import Place

_OPERANDS = ("x_zero_point", "x2_zero_point")
_OUTPUT = ("y_zero_point", "y_lo", "y_hi")


def check_run(descriptor: Descriptor, hardware: Hardware, place: Place) -> None:
    """Refuse fields of a RUN that do not go together.

    Raises:
        ProgramError: they do not; the message names the field.
    """
    d = descriptor
    blocks = len(hardware.blocks(d.pixels))
    if d.blocks != blocks:
        raise place.error(
            "blocks", f"{d.blocks}, but {d.pixels} pixels are {blocks} of ACC_DEPTH = {hardware.acc_depth}"
        )
    if d.taps_per_tile > 1 and d.ch_words > 1:
        raise place.error("taps_per_tile", f"{d.taps_per_tile} taps a tile beside {d.ch_words} channel words")
    if d.rows_per_tap * d.taps_per_tile > hardware.rows:
        text = f"{d.taps_per_tile} taps of {d.rows_per_tap} rows are more than ROWS = {hardware.rows}"
        raise place.error("rows_per_tap", text)
    if d.combine is Combine.PAIR and d.out_w % 2:
        raise place.error("out_w", f"{d.out_w} is odd, and pixels join in pairs")
    results = d.pixels // 2 if d.combine is Combine.PAIR else d.pixels
    if not d.hold and d.images * d.out_pixels != results:
        text = f"{d.out_pixels} for each of {d.images} images, but a column tile gives {results} results"
        raise place.error("out_pixels", text)
    for name in ("keep", "hold"):
        if getattr(d, name) and d.blocks * d.col_tiles > 1:
            text = f"sums stay, but {d.col_tiles} column tiles of {d.blocks} blocks use the same accumulators"
            raise place.error(name, text)
    _check_bytes(d, (*_OPERANDS, *_OUTPUT), hardware, place)


def check_rows(descriptor: Descriptor, hardware: Hardware, place: Place) -> None:
    """Refuse fields of a SOFTMAX or LAYER_NORM that do not go together.

    Raises:
        ProgramError: they do not; the message names the field.
    """
    d = descriptor
    if d.op is Operation.LAYER_NORM:
        if not d.epsilon_low and not d.epsilon_high:
            raise place.error("epsilon_low", "0, and what is added to the variance is at least 1")
        _check_bytes(d, _OUTPUT, hardware, place)
    elif d.result_bits > hardware.x_w:
        raise place.error("result_bits", f"{d.result_bits} do not fit X_W = {hardware.x_w} bits")


def _check_bytes(d: Descriptor, names: tuple[str, ...], hardware: Hardware, place: Place) -> None:
    low, high = -(1 << hardware.x_w), (1 << hardware.x_w) - 1
    for name in names:
        if not low <= getattr(d, name) <= high:
            raise place.error(name, f"{getattr(d, name)} does not fit X_W + 1 = {hardware.x_w + 1} bits")
    if d.y_lo > d.y_hi:
        raise place.error("y_lo", f"{d.y_lo} is above y_hi = {d.y_hi}")
