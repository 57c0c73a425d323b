"""Ports that are wired to an expression: inputs of theirs that our signals make, signals of ours that theirs make."""

from __future__ import annotations

from collections.abc import Mapping

from t2c.tb.dut.description import Description
from t2c.tb.dut.ports import Module
from t2c.tb.dut.rule_check import number_format
from t2c.tb.dut.rules import Rules
from t2c.tb.dut.wire_expressions import BitExpression, Term, compiled
from t2c.tb.dut.wiring import MadeWire, Signal


def made_inputs(
    description: Description, ours: Module, theirs: Module, signals: Mapping[str, Signal], rules: Rules
) -> tuple[MadeWire, ...]:
    """What `inputs` says: an input of theirs -> an expression of our signals.

    Raises:
        YamlError: an expression that is none, or whose values the port does not hold.
    """
    handshake = (*vars(description.interface.source).values(), *vars(description.interface.sink).values())
    barred = {*handshake, description.interface.rounding, *description.constants}
    terms = {
        name: _term(description, ours, signal, rules)
        for name, signal in signals.items()
        if not signal.output and name not in barred
    }
    made = []
    for port, text in description.inputs.items():
        expression = _compiled(description, ours, f"inputs.{port}", text, terms, f"made_{port}")
        there = theirs.ports[port]
        _refuse_cut(
            description, f"inputs.{port}", text, expression, there.width, there.signed, f"{theirs.name}'s {port!r}"
        )
        reads = frozenset(signals[name].port for name in expression.names)
        made.append(MadeWire(port=port, width=there.width, expression=expression, reads=reads))
    return tuple(made)


def made_outputs(
    description: Description, ours: Module, theirs: Module, signals: Mapping[str, Signal]
) -> dict[str, MadeWire]:
    """What `outputs` says: a signal of ours -> an expression of their outputs.

    Raises:
        YamlError: as `made_inputs`.
    """
    terms = {
        name: _whole(f"their_{name}", port.width, port.signed)
        for name, port in theirs.ports.items()
        if port.direction == "output" and port.width
    }
    made = {}
    for name, text in description.outputs.items():
        place, signal = f"outputs.{name}", signals.get(name)
        if signal is None or not signal.output:
            there = ", ".join(key for key, found in signals.items() if found.output)
            raise description.error(place, f"outputs: {description.unit} has no output {name!r}; it has {there}")
        if name in description.ports:
            raise description.error(place, f"outputs: {name} is among the ports")
        expression = _compiled(description, ours, place, text, terms, f"gives_{name}")
        _refuse_cut(description, place, text, expression, signal.width, False, f"{description.unit}'s {name}")
        made[name] = MadeWire(port=name, width=signal.width, expression=expression)
    return made


def _term(description: Description, ours: Module, signal: Signal, rules: Rules) -> Term:
    name, numbers = signal.name, description.interface.numbers
    if name not in numbers or signal.elements > 1:
        return _whole(signal.verilog, signal.width, False)
    whole = number_format(description, ours, name)
    legal = rules.legal.get(name, whole)
    return Term(
        verilog=signal.verilog, width=signal.width, signed=whole.lowest < 0, low=legal.lowest, high=legal.highest
    )


def _whole(verilog: str, width: int, signed: bool) -> Term:
    low, high = (-(1 << width - 1), (1 << width - 1) - 1) if signed else (0, (1 << width) - 1)
    return Term(verilog=verilog, width=width, signed=signed, low=low, high=high)


def _compiled(
    description: Description, ours: Module, place: str, text: str, terms: Mapping[str, Term], prefix: str
) -> BitExpression:
    known = {name: value for name, value in ours.parameters.items() if value is not None}
    try:
        return compiled(text, prefix, terms, known)
    except ValueError as error:
        section, _, name = place.partition(".")
        raise description.error(place, f"{section}: {name}: {error}") from error


def _refuse_cut(
    description: Description, place: str, text: str, expression: BitExpression, width: int, signed: bool, whose: str
) -> None:
    """Nothing is cut off in silence."""
    if not expression.fits(width, signed=signed):
        bits = f"{width} bit{'s' if width > 1 else ''}"
        bits = f"signed {bits}" if signed else bits
        text = (
            f"{text} is {expression.low}..{expression.high}, {whose} has {bits}; narrower 'ranges' or a slice would fit"
        )
        raise description.error(place, f"{place.partition('.')[0]}: {text}")
