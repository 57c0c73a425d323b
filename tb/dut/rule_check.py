"""Hold what a description says of values against our unit's formats."""

from __future__ import annotations

from collections.abc import Mapping

from t2c.common.errors import UserError
from t2c.golden.arithmetic.requantiser_order import RequantiserOrder
from t2c.tb.catalogue.interface import ROW
from t2c.tb.dut.description import Description
from t2c.tb.dut.expressions import evaluate
from t2c.tb.dut.legal_values import POWERS, Legal
from t2c.tb.dut.own_arithmetic import Input, own_arithmetic
from t2c.tb.dut.ports import Module
from t2c.tb.dut.rules import Rules

LARGEST_SUM = 62
"""Bits of a p that golden rounds."""


def rules_of(description: Description, ours: Module, constants: Mapping[str, int]) -> Rules:
    """The rules of a description, evaluated for one build.

    Args:
        description: of the module.
        ours: our unit, elaborated with the parameters of the run.
        constants: what the module fixes.

    Raises:
        YamlError: a rule that leaves nothing, or reaches beyond what the unit has bits for.
    """
    legal = {name: _legal(description, ours, name) for name in description.ranges}
    _check_clip_range(description, {name: Legal.of(value, value) for name, value in constants.items()} | legal)
    _check_order(description, ours)
    for place, reason in (
        ("static", "two operands of one result have constants each"),
        ("reference", "it says what becomes of one operand"),
        ("lanes", "two operands of one result come in two beats"),
    ):
        features = set(description.interface.features) - set(description.absent)
        if place in description.lines and "pairs" in features:
            raise description.error(place, f"{place}: {reason}; 'absent: pairs' goes with it")
    static, shared = set(description.static), set(description.shared)
    if static - shared and shared - static:
        first, other = sorted(static - shared)[0], sorted(shared - static)[0]
        text = f"shared: {other} of all lanes may change while {first} of each may not; make {other} static too"
        raise description.error("shared", text)
    return Rules(
        legal=legal,
        order=description.order,
        static=description.static,
        lanes=description.lanes,
        shared=description.shared,
        reference=_reference(description, ours, legal),
    )


def number_format(description: Description, ours: Module, name: str) -> Legal:
    """All values that a number of ours can have in this build."""
    interface = description.interface
    known = {key: value for key, value in ours.parameters.items() if value is not None}
    widths = {field: width for fields in interface.fields.values() for field, width in fields}
    bits = evaluate(widths[name], known) if name in widths else ours.ports[f"{name}_i"].width
    signed = interface.numbers[name]
    if name in interface.narrow and description.output != "any":
        bits, signed = bits - 1, description.output == "signed"
    return Legal.of(-(1 << bits - 1), (1 << bits - 1) - 1) if signed else Legal.of(0, (1 << bits) - 1)


def _legal(description: Description, ours: Module, name: str) -> Legal:
    place = f"ranges.{name}"
    if name in description.constants:
        raise description.error(place, f"ranges: {name} is among the constants")
    whole, entries = number_format(description, ours, name), description.ranges[name]
    try:
        stated = Legal.parse(entries, {key: value for key, value in ours.parameters.items() if value is not None})
    except ValueError as error:
        raise description.error(place, f"ranges: {name}: {error}") from error
    try:
        legal = stated.within(whole)
    except ValueError as error:
        raise description.error(place, f"ranges: {name}: {error} of {whole.text()}") from error
    if POWERS not in entries and legal != stated:
        text = (
            f"ranges: {name}: {stated.text()} reaches beyond {whole.text()}, all that {description.unit}'s has bits for"
        )
        raise description.error(place, text)
    return legal


def _reference(description: Description, ours: Module, legal: Mapping[str, Legal]) -> str:
    """The function of the user's own, tried once with zeros, or with what is legal next to them."""
    if not description.reference:
        return ""
    names, modes = description.interface.reference, description.rounding
    values: dict[str, Input] = {name: legal[name].nearest(0) if name in legal else 0 for name in names}
    try:
        function = own_arithmetic(description.reference, names, *result_range(description, ours))
        if ROW in names:
            function.results({ROW: [0, 0]}, 2)
        else:
            function.result({**values, "rounding": next(iter(modes.codes)) if modes else ""})
    except UserError as error:
        raise description.error("reference", f"reference: {error}") from error
    return description.reference


def result_range(description: Description, ours: Module) -> tuple[int, int]:
    """The least and the largest result of our unit, whose results are signed or not."""
    bits = ours.parameters["OUT_W"] or 1
    least = 0 if description.output == "unsigned" else -(1 << bits - 1)
    return least, (1 << (bits - 1 if description.output == "signed" else bits)) - 1


def _check_order(description: Description, ours: Module) -> None:
    """What is multiplied, and p, have at most 62 bits; and no second operand joins them."""
    order = description.order
    if order == RequantiserOrder():
        return
    place = "order" if "order" in description.lines else "saturate"
    acc, multiplier, bias = (
        number_format(description, ours, name).spans[0][1].bit_length() + 1 for name in ("acc", "multiplier", "bias")
    )
    operand = max(acc, bias) + 1 if order.bias_first else acc
    bits = max(min(operand, order.operand_bits or operand) + multiplier, 0 if order.bias_first else bias) + 1
    if bits > LARGEST_SUM:
        raise description.error(place, f"{place}: p has {bits} bits with these widths, {LARGEST_SUM} at most")
    if "pairs" not in description.absent:
        raise description.error(place, f"{place}: says how one operand is scaled; 'absent: pairs' goes with it")


def _check_clip_range(description: Description, legal: Mapping[str, Legal]) -> None:
    """A legal lo has a legal hi above it."""
    if "lo" in legal and "hi" in legal and legal["lo"].lowest > legal["hi"].highest:
        text = f"ranges: no lo of {legal['lo'].text()} is below a hi of {legal['hi'].text()}"
        raise description.error("ranges", text)
