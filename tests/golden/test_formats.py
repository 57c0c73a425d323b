"""Formats, zero points and windows: the checks at every entry to the integer path."""

from typing import Any

import numpy as np
import pytest

from t2c.golden.arithmetic.formats import IntFormat, as_int64, check_format, check_int, check_range, twos_complement
from t2c.golden.arithmetic.window import Window
from t2c.golden.arithmetic.zero_point import centre
from t2c.golden.errors import RangeError, ShapeError


@pytest.mark.sample(3)
@pytest.mark.parametrize("bits", range(1, 65))
def test_ranges_of_every_width(bits: int) -> None:
    signed, unsigned = IntFormat(bits=bits, signed=True), IntFormat(bits=bits, signed=False)
    assert (signed.lo, signed.hi) == (-(2**bits) // 2, 2**bits // 2 - 1)
    assert (unsigned.lo, unsigned.hi) == (0, 2**bits - 1)
    assert (str(signed), str(unsigned)) == (f"s{bits}", f"u{bits}")


@pytest.mark.parametrize(
    ("bits", "signed", "message"),
    [
        (0, True, r"bits = 0 is outside 1\.\.64"),
        (65, True, r"bits = 65 is outside 1\.\.64"),
        (True, True, "bits = True is not an integer"),
        (8.0, True, r"bits = 8\.0 is not an integer"),
        (8, 1, "signed = 1 is not true or false"),
    ],
)
def test_refuses_formats(bits: Any, signed: Any, message: str) -> None:
    with pytest.raises(RangeError, match=message):
        IntFormat(bits=bits, signed=signed)


@pytest.mark.parametrize("bits", [1, 2, 8, 17, 63])
def test_twos_complement_takes_the_low_bits(bits: int) -> None:
    fmt, span = IntFormat(bits=bits, signed=True), 1 << bits
    for value in {fmt.lo, -1, 0, fmt.hi}:
        for raw in (value, value % span, value + 5 * span):
            assert twos_complement(raw, bits) == value
        assert twos_complement(np.array([[value], [value % span]]), bits).tolist() == [[value], [value]]


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64])
def test_widening_keeps_both_ends(dtype: type[np.signedinteger[Any]]) -> None:
    ends = [int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)]
    wide = as_int64("x", np.array(ends, dtype))
    assert wide.dtype == np.int64
    assert wide.tolist() == ends


@pytest.mark.parametrize("values", [[1.0], [True], ["1"], [1j], [None]])
def test_refuses_what_is_not_an_integer(values: Any) -> None:
    for check in (lambda: as_int64("x", values), lambda: check_range("x", values, 0, 1)):
        with pytest.raises(RangeError, match=r"x: dtype .* is not an integer type"):
            check()


def test_uint64_must_fit_int64() -> None:
    assert as_int64("x", np.array([(1 << 63) - 1], np.uint64)).tolist() == [(1 << 63) - 1]
    with pytest.raises(RangeError, match="x: value 9223372036854775808 does not fit int64"):
        as_int64("x", np.array([1 << 63], np.uint64))


def test_check_range_names_value_and_index() -> None:
    assert check_range("x", [-2, 3], -2, 3).tolist() == [-2, 3]
    with pytest.raises(RangeError, match=r"x\[1, 0\] = 4 is outside -2\.\.3"):
        check_range("x", [[0, 0], [4, 0]], -2, 3)
    with pytest.raises(RangeError, match=r"x\[0\] = -3 is outside -2\.\.3"):
        check_range("x", [-3, 9], -2, 3)


def test_check_format_takes_both_ends_and_nothing_beyond() -> None:
    u4 = IntFormat(bits=4, signed=False)
    assert check_format("x", [0, 15], u4).tolist() == [0, 15]
    for value in (-1, 16):
        with pytest.raises(RangeError, match=rf"x\[0\] = {value} is outside 0\.\.15"):
            check_format("x", [value], u4)


@pytest.mark.parametrize(
    ("value", "message"), [(True, "is not an integer"), (1.0, "is not an integer"), (4, "is outside 0..3")]
)
def test_check_int_refuses(value: object, message: str) -> None:
    with pytest.raises(RangeError, match=message):
        check_int("n", value, 0, 3)
    assert check_int("n", np.uint8(3), 0, 3) == 3


def test_centre_subtracts_without_touching_its_input() -> None:
    x = np.array([0, 255], np.uint8)
    assert centre("x", x, 255).tolist() == [-255, 0]
    assert x.tolist() == [0, 255]
    assert centre("x", [-(1 << 63)], -(1 << 63)).tolist() == [0]


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        ({"kernel": (0, 1)}, RangeError, r"kernel = 0 is outside 1\.\.4096"),
        ({"stride": (1, 0)}, RangeError, r"stride = 0 is outside"),
        ({"padding": (-1, 0)}, RangeError, r"padding = -1 is outside 0\.\.4096"),
        ({"padding": (0, 0, 0, 4097)}, RangeError, r"padding = 4097 is outside 0\.\.4096"),
        (
            {"padding": (1, 1, 1)},
            ShapeError,
            r"padding = \(1, 1, 1\) is not a pair .*, or \(top, bottom, left, right\)",
        ),
        ({"stride": (1, 1, 1, 1)}, ShapeError, r"stride = \(1, 1, 1, 1\) is not a pair \(vertical, horizontal\)$"),
        ({"dilation": (4097, 1)}, RangeError, r"dilation = 4097 is outside"),
        ({"kernel": (1.0, 1)}, RangeError, r"kernel = 1\.0 is not an integer"),
        ({"kernel": 3}, ShapeError, "kernel = 3 is not a pair"),
        ({"stride": (1, 1, 1)}, ShapeError, r"stride = \(1, 1, 1\) is not a pair"),
    ],
)
def test_window_refuses(fields: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Window(**({"kernel": (1, 1)} | fields))


def test_window_sizes() -> None:
    window = Window(kernel=(3, 2), stride=(2, 3), padding=(1, 0), dilation=(2, 1))
    assert window.taps == 6
    assert window.output_size(7, 8) == (3, 3)
    assert window.output_size(3, 2) == (1, 1)
    with pytest.raises(ShapeError, match="dilated kernel extent 5 is larger than the padded image extent 4"):
        window.output_size(2, 8)
