"""t2c.tb.dut.wire_expressions: what Verilog makes of an expression is what Python's integers make of it."""

from __future__ import annotations

import itertools
import subprocess
from pathlib import Path

import pytest

from t2c.tb.dut.wire_expressions import Term, compiled, names_in

TERMS = {
    "a": Term(verilog="a", width=4, signed=True, low=-8, high=7),
    "u": Term(verilog="u", width=3, signed=False, low=0, high=7),
}


def join(*parts: tuple[int, int]) -> int:
    value = 0
    for part, width in parts:
        value = value << width | part % (1 << width)
    return value


MEANINGS = {
    "a": lambda a, u: a,
    "-a": lambda a, u: -a,
    "u - N": lambda a, u: u - 5,
    "a * a - 3 * u": lambda a, u: a * a - 3 * u,
    "a << u": lambda a, u: a << u,
    "a >> (u & 3)": lambda a, u: a >> (u & 3),
    "(a ^ 5) | 16": lambda a, u: (a ^ 5) | 16,
    "~(a + 1)": lambda a, u: ~(a + 1),
    "~u": lambda a, u: ~u % 8,
    "{a, u}": lambda a, u: join((a, 4), (u, 3)),
    "{bits(a, 6), u[2:1], bits(0, 2)}": lambda a, u: join((a, 6), (u >> 1, 2), (0, 2)),
    "signed(u)": lambda a, u: u - 8 if u > 3 else u,
    "unsigned(a) + 1": lambda a, u: a % 16 + 1,
    "(a * u)[4:2] - a[3]": lambda a, u: (a * u >> 2) % 8 - (a >> 3) % 2,
    "signed(a[N - 3:0])": lambda a, u: (a + 4) % 8 - 4,
}


def test_verilog_and_python_agree_on_every_value(tmp_path: Path) -> None:
    made = [compiled(text, f"made_{index}", TERMS, {"N": 5}) for index, text in enumerate(MEANINGS)]
    shown = " ".join("%0d" for _ in made)
    nets = ", ".join(expression.net for expression in made)
    lines = "\n".join(line for expression in made for line in expression.lines)
    (tmp_path / "all.v").write_text(
        f"""module all;
    reg [3:0] a; reg [2:0] u; integer k;
{lines}
    initial for (k = 0; k < 128; k = k + 1) begin
        {{a, u}} = k;
        #1 $display("{shown}", {nets});
    end
endmodule
"""
    )
    subprocess.run(["iverilog", "-g2012", "-Wall", "-o", "all.vvp", "all.v"], cwd=tmp_path, check=True)
    out = subprocess.run(["vvp", "all.vvp"], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    found = [tuple(map(int, line.split())) for line in out.splitlines()]
    values = itertools.product([*range(8), *range(-8, 0)], range(8))
    expected = [tuple(meaning(a, u) for meaning in MEANINGS.values()) for a, u in values]
    assert found == expected
    for expression, results in zip(made, zip(*expected, strict=True), strict=True):
        assert expression.low <= min(results) <= max(results) <= expression.high


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a +", "'a \\+' is no expression"),
        ("b + 1", "'b' is none of a, u, N"),
        ("a / 2", r"'a / 2' is no name, integer, \+ -"),
        ("a[4]", r"\[4:4\] of 4 bits"),
        ("a[0:2]", r"\[0:2\] of 4 bits"),
        ("a[u]", "'u' is none of the unit's parameters"),
        ("a[::2]", "is no name"),
        ("1 << a", "a shift by -8..7"),
        ("{a, 3}", r"a join \{a, b\} is of names"),
        ("bits(a, 0)", r"bits: 0 is outside 1\.\.4096"),
        ("open('x')", "is no name"),
        ("(1 << 64) << 64 << 64 * u", "a shift by 0..448"),
        ("True", "is no name"),
        ("-" * 5000 + "a", "is no expression|has no value"),
    ],
)
def test_what_is_no_expression(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compiled(text, "made", TERMS, {"N": 5})


def test_what_fits_a_port() -> None:
    def fits(text: str, width: int, *, signed: bool = False) -> bool:
        return compiled(text, "made", TERMS, {}).fits(width, signed=signed)

    assert fits("u", 3)
    assert fits("u", 3, signed=True)  # the bits as they are
    assert fits("u + 0", 3)
    assert not fits("u + 0", 3, signed=True)
    assert not fits("u + 1", 3)
    assert fits("a - 1", 5)
    assert not fits("a - 1", 4)
    assert not fits("a + 8 * u", 6)  # -8 .. 63
    assert fits("a + 8 * u", 7, signed=True)


def test_names() -> None:
    assert names_in("{a, bits(b + N, 3)}") == {"a", "b", "N", "bits"}
    assert names_in("a +") == set()
