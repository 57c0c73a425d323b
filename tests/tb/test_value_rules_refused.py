"""Rules of values that cannot be kept are refused before anything is built: one line, with the place."""

from __future__ import annotations

from pathlib import Path

import pytest

from t2c.common.errors import UserError
from t2c.tb.catalogue.unit_registry import units
from t2c.tb.dut.description import load_description
from t2c.tb.dut.loader import LoadedModule, load_module
from tests.tb.requants import copied

REFUSED = {
    "empty": ("comb", "1..255", "255..1", "11: ranges: multiplier: 255..1 is empty: 255 is above 1"),
    "beyond": (
        "comb",
        "1..255",
        "1..256",
        "11: ranges: multiplier: 1..256 reaches beyond -256..255, all that mulquant's has bits for",
    ),
    "none left": ("power", "power_of_two", "200..300", "ranges: multiplier: no value is left of -128..127"),
    "no number": ("comb", "1..255", "few", "ranges: multiplier: 'few' is none of the unit's parameters"),
    "name": ("comb", "multiplier: 1..255", "scale: 1", "11: unknown field 'scale'; there are acc, multiplier, bias"),
    "no clip range": ("comb", "lo: -127..127", "lo: 100, hi: 0..99", "ranges: no lo of 100 is below a hi of 0..99"),
    "clip constant": (
        "power",
        "ranges: {multiplier: power_of_two, shift: [0, 2..13]",
        "constants: {hi: 2}\nranges: {lo: 3",
        "no lo of 3 is below a hi of 2",
    ),
    "constant too": (
        "power",
        "ranges: {multiplier: power_of_two, shift: [0, 2..13]",
        "constants: {shift: 2}\nranges: {shift: 3",
        "ranges: shift is among the constants",
    ),
    "reset of no clock": (
        "comb",
        "clock: none",
        "clock: none\nreset: {port: m, active: low}",
        "reset: a module without a clock has none",
    ),
    "latency of no clock": (
        "comb",
        "clock: none",
        "clock: none\nlatency: 1",
        "latency: 1; a module without a clock has latency 0",
    ),
    "width": ("early_bias", "operand: 22", "operand: 63", "12: saturate: operand_bits = 63 is outside 2..62"),
    "what saturates": ("early_bias", "operand: 22", "bias: 22", "unknown field 'bias'; there are operand, sum"),
    "order": ("early_bias", "bias_first", "last", "order: 'last' is not one of scale_first, bias_first"),
    "order of pairs": (
        "early_bias",
        "absent: pairs",
        "",
        "order: says how one operand is scaled; 'absent: pairs'",
    ),
    "static data": ("static", "[multiplier,", "[acc,", "static: 'acc' is not one of multiplier, bias, shift"),
    "static pairs": ("static", "absent: pairs\n", "", "12: static: two operands of one result have constants each"),
    "lanes": ("quad", "lanes: 4", "lanes: 65", "13: lanes: 65 is outside 2..64"),
    "lanes of theirs": (
        "quad",
        "lanes: 4",
        "lanes: 3",
        "acc: quad_requant's 'accs' has 48 bits, mulquant's acc",
    ),
    "ports of lanes": ("two", "[acc0, acc1]", "[acc0, acc1, mul0]", "17: ports: acc: 3 ports for 2 elements"),
    "one port": ("two", "shift: shift\n", "shift: [shift, lo]\n", "20: ports: shift: 2 ports for 1 element"),
    "shared": ("two", "shared: shift", "shared: acc", "shared: 'acc' is not one of multiplier, bias, shift"),
    "no lanes": ("two", "lanes: 2\n", "", "shared: there are no lanes"),
    "lanes of pairs": ("quad", "absent: pairs\n", "", "lanes: two operands of one result come in two beats"),
    "shared and static": (
        "two",
        "static: [multiplier, bias, shift]",
        "static: [multiplier, bias]",
        "14: shared: shift of all lanes may change while bias of each may not; make shift static too",
    ),
    "cut off": (
        "wired",
        "8 - shift",
        "6 - shift",
        "17: inputs: 6 - shift is -9..-2, wired_requant's 'minus_shift' has signed 4 bits; narrower",
    ),
    "no signal": (
        "wired",
        "8 - shift",
        "8 - shft",
        "17: inputs: minus_shift: 'shft' is none of zero_point, lo",
    ),
    "handshake in it": ("wired", "8 - shift", "s_axis_tvalid", "inputs: minus_shift: 's_axis_tvalid' is none of"),
    "no input": ("wired", "lo: lo", "loo: lo", "19: inputs: wired_requant has no port 'loo'; it has clk, rst_n, go"),
    "no output": ("wired", "m_axis_tdata:", "tdata:", "outputs: mulquant has no output 'tdata'; it has s_axis_tready"),
    "wide result": (
        "wired",
        "bits(out[7:0] - 64, 4)",
        "out[7:0] - 64",
        "23: outputs: out[7:0] - 64 is -64..191, mulquant's m_axis_tdata has 4 bits; narrower",
    ),
    "twice": ("wired", "ports: {", "tie: {lo: 0}\nports: {", "'lo' serves both inputs.lo and tie.lo"),
    "twice an output": ("wired", "go}", "go, m_axis_tdata: out}", "outputs: m_axis_tdata is among the ports"),
    "elements": (
        "array",
        "lanes: 3",
        "lanes: 2",
        "17: acc: array_requant's 'acc' has 3 elements of 12 bits, mulquant's acc has 2 of 12",
    ),
    "an array among ports": (
        "array",
        "bias: bias",
        "bias: [bias, lo, hi]",
        "'bias' is no packed vector; name",
    ),
    "an array made": (
        "array",
        "ports:\n",
        "inputs: {bias: bias}\nports:\n",
        "'bias' is no packed vector; name",
    ),
    "no function": ("own", ":stochastic", ":stochastics", "own.py:stochastics: the file has no function 'stochastics'"),
    "no file": ("own", "own.py:", "mine.py:", "mine.py:stochastic: No such file or directory"),
    "no place": ("own", ":stochastic", "", "own.py' is not FILE.py:FUNCTION"),
    "a float": ("own", "stochastic", "a_float", "hi=0) returned 0.0, which is no integer"),
    "it fails": (
        "own",
        "stochastic",
        "fails",
        "fails(acc=0): line 24: ZeroDivisionError: ",
    ),
    "other names": (
        "own",
        "stochastic",
        "other",
        "own.py:other: it takes 'scale'; there are acc, multiplier",
    ),
    "reference of pairs": (
        "own",
        "absent: pairs\n",
        "",
        "reference: it says what becomes of one operand; 'absent: pairs'",
    ),
    "reset missing": ("comb", "clock: none", "clock: s", "reset is missing; needed are"),
}


def opened(path: Path, output: Path) -> LoadedModule:
    description = load_description(path)
    return load_module(description, {**units()["mulquant"].parameters, **description.unit_parameters}, output)


@pytest.mark.sample(3)
@pytest.mark.parametrize("case", REFUSED)
def test_rules_that_cannot_be_kept_are_refused_in_one_line(case: str, tmp_path: Path) -> None:
    name, original, changed, message = REFUSED[case]
    path = copied(name, tmp_path, f"{name}.yaml", original, changed)
    with pytest.raises(UserError) as caught:
        opened(path, tmp_path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_order_whose_sum_is_too_wide_is_refused(tmp_path: Path) -> None:
    path = copied("early_bias", tmp_path, "early_bias.yaml", "saturate: {operand: 22}\n", "")
    path.write_text(path.read_text().replace("BIAS_W: 24", "BIAS_W: 40"))
    with pytest.raises(UserError, match="order: p has 74 bits with these widths, 62 at most"):
        opened(path, tmp_path)
