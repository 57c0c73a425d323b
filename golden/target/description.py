"""The description of a chip's arithmetic: a YAML file, every field of which is known, typed and in its range."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from t2c.common.strict_yaml import Value, read_yaml
from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.arithmetic.requantiser_order import RequantiserOrder
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.graph.tensor_spec import MAX_EDGE_BITS, MIN_OPERAND_BITS
from t2c.golden.target.limits import ChipLimits, Clip, MultiplierLimits

FIELDS = (
    *("multiplier", "per", "shift", "bias", "order", "saturate", "rounding", "accumulator"),
    *("activations", "zero_point", "weights", "clip", "operations", "reference"),
)
_NONE = "none"


def load_chip(path: Path) -> ChipLimits:
    """Read the description of a chip.

    Raises:
        YamlError: file:line and what is wrong there.
    """
    top = read_yaml(path)
    fields = top.only(*FIELDS)
    given: dict[str, object] = {"name": path.stem, "order": _order(fields)}
    for name, value in fields.items():
        if name not in _READERS:
            continue
        field, read = _READERS[name]
        given[field] = read(value)
    try:
        return ChipLimits(**given)  # type: ignore[arg-type]
    except ValueError as error:
        name = re.split("[: ]", str(error))[0]
        raise fields.get(name, top).error(str(error)) from error


def _integer(value: Value) -> int:
    found = value.scalar()
    if not isinstance(found, int):
        raise value.error(f"{value.name}: {found!r} is not an integer")
    return found


def _boolean(value: Value) -> bool:
    return value.choice("true", "false") == "true"


def _multiplier(value: Value) -> MultiplierLimits:
    if not value.is_mapping:
        value.choice(_NONE)
        return MultiplierLimits(bits=1, signed=False, power_of_two=True)
    fields = value.only("bits", "signed", "power_of_two")
    usual = MultiplierLimits()
    signed = _boolean(fields["signed"]) if "signed" in fields else usual.signed
    bits = _integer(fields["bits"]) if "bits" in fields else usual.bits - (not signed)
    try:
        return MultiplierLimits(
            bits=bits,
            signed=signed,
            power_of_two="power_of_two" in fields and _boolean(fields["power_of_two"]),
        )
    except ValueError as error:
        raise fields.get("bits", value).error(str(error)) from error


def _bias(value: Value) -> int:
    return 0 if value.scalar() == _NONE else _integer(value)


def _order(fields: Mapping[str, Value]) -> RequantiserOrder:
    """Of `order` and `saturate`, as descriptions of modules have them."""
    first = "order" in fields and fields["order"].choice("scale_first", "bias_first") == "bias_first"
    widths = fields["saturate"].only("operand", "sum") if "saturate" in fields else {}
    given = {f"{name}_bits": _integer(value) for name, value in widths.items()}
    try:
        return RequantiserOrder(bias_first=first, **given)
    except ValueError as error:
        raise fields["saturate"].error(f"saturate: {error}") from error


def _pair(value: Value) -> tuple[int, int]:
    numbers = [_integer(item) for item in value.items()]
    if len(numbers) == 1:
        numbers *= 2
    if len(numbers) != 2:
        raise value.error(f"{value.name}: [LEAST, LARGEST], or one number, is wanted")
    return numbers[0], numbers[1]


def _modes(value: Value) -> tuple[Rounding, ...]:
    return tuple(Rounding(item.choice(*(mode.value for mode in Rounding))) for item in value.items())


def _formats(value: Value) -> tuple[IntFormat, ...]:
    found = []
    for item in value.items():
        text = item.text()
        if not re.fullmatch("[su][0-9]{1,2}", text):
            raise item.error(f"{value.name}: {text!r} is no format such as s8 or u8")
        bits = int(text[1:])
        if not MIN_OPERAND_BITS <= bits <= MAX_EDGE_BITS:
            raise item.error(f"{value.name}: {text}: bits = {bits} is outside {MIN_OPERAND_BITS}..{MAX_EDGE_BITS}")
        found.append(IntFormat(bits=bits, signed=text[0] == "s"))
    return tuple(found)


def _texts(value: Value) -> tuple[str, ...]:
    return tuple(item.text() for item in value.items())


def read_references(value: Value) -> Mapping[str, str]:
    """FILE.py:FUNCTION by layer, or by op:KIND; files beside the description.

    Raises:
        YamlError: something else.
    """
    found = {}
    for name, where in value.fields().items():
        file, colon, function = where.text().rpartition(":")
        if not colon or not file or not function.isidentifier():
            raise where.error(f"reference: {name}: {where.text()!r} is not FILE.py:FUNCTION")
        found[name] = f"{where.path.parent / file}:{function}"
    return found


_READERS = {
    "multiplier": ("multiplier", _multiplier),
    "per": ("per_layer", lambda value: value.choice("layer", "channel") == "layer"),
    "shift": ("shift", _pair),
    "bias": ("bias", _bias),
    "rounding": ("rounding", _modes),
    "accumulator": ("accumulator", _integer),
    "activations": ("activations", _formats),
    "zero_point": ("zero_points", lambda value: value.choice("any", _NONE) == "any"),
    "weights": ("weights", _integer),
    "clip": ("clip", lambda value: Clip(value.choice(*(clip.value for clip in Clip)))),
    "operations": ("operations", _texts),
    "reference": ("references", read_references),
}
