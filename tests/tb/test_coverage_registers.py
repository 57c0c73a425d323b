"""The floor under the toggles: each bit of each register moves both ways, or stands in a list with its reason."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from t2c.common.places import RTL
from t2c.tb.catalogue.unit_registry import units
from t2c.tb.coverage.register_bits import StillBits, cover_registers, registers, toggles_of
from t2c.tb.coverage.still_bits import STILL
from t2c.tb.coverage.verilator_data import Point

COUNTER = """
module counter (
    input  wire       clk_i,
    output reg        done_o,                   // reg of a comment
    output reg  [7:0] count_o
);
    reg signed [3:0] low_q, high_q; /* reg gone_q; */
    reg [1:0] both_q, next;
    reg [7:0] mem [0:15];
    always @* next[1:0] = both_q + 2'd1;
    wire near = (low_q <= 4'd3) & (high_q == 4'd2);
    always @(posedge clk_i) begin
        {done_o, count_o} <= count_o + 9'd1;
        low_q <= high_q;
        if (near) high_q[0] <= 1'b1;
        both_q <= next;
        mem[low_q] <= count_o;
    end
endmodule
"""


def points(*what: str, hits: int = 1, file: str = "counter.v") -> Counter[Point]:
    made: Counter[Point] = Counter()
    for text in what:
        made[Point(file=file, line=3, column=1, kind="toggle", what=text)] = hits
    return made


def both(*signals: str, hits: int = 1) -> Counter[Point]:
    return points(*(f"{signal}:{way}" for signal in signals for way in ("0->1", "1->0")), hits=hits)


SOUND = both("done_o", "count_o[7]", "low_q[0]", "high_q[0]", "both_q[1]", "clk_i", "near")


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    (tmp_path / "counter.v").write_text(COUNTER)
    (tmp_path / "not_built.v").write_text(COUNTER.replace("counter", "not_built"))
    return tmp_path


def test_registers_are_those_that_a_clock_sets() -> None:
    assert registers(COUNTER) == (["done_o", "count_o", "low_q", "high_q", "both_q"], ["mem"])


def test_registers_of_the_core() -> None:
    """Counted by hand in three modules."""
    assert registers((RTL / "output_writer.v").read_text()) == (
        ["addr_q", "image_addr_q", "tile_addr_q", "pixel_q", "image_q", "group_q"],
        [],
    )
    loader, _ = registers((RTL / "tile_loader.v").read_text())
    assert loader[:4] == ["busy_q", "ready_q", "row_q", "k_tile_q"]
    host, _ = registers((RTL / "core_registers.v").read_text())
    assert "count_q" in host
    assert "read_data" not in host, "a reg that no clock sets"
    assert registers((RTL / "skew.v").read_text()) == ([], [])


def test_elements_and_instances_add_up() -> None:
    found = toggles_of(
        points("g_x.last_q[0][3]:0->1", hits=2) + points("last_q[1][3]:0->1", "full_q[1]:1->0", "busy:0->1")
    )
    assert found["counter", "last_q"] == {(3, "up"): 3}
    assert found["counter", "full_q"] == {(1, "down"): 1}
    assert found["counter", "busy"] == {(0, "up"): 1}


def test_all_that_moves_is_covered(sources: Path) -> None:
    found, complaints = cover_registers(SOUND, sources, ())
    assert (found.unhit(), complaints) == ([], [])
    assert {"done_o bit 0 up", "count_o bit 7 down"} <= set(found.groups["counter"])
    assert not any(name.startswith(("clk_i", "near", "mem")) for name in found.groups["counter"])


def test_a_bit_that_never_comes_down_is_red(sources: Path) -> None:
    stuck = SOUND + points("count_o[6]:0->1")
    stuck[Point(file="counter.v", line=3, column=1, kind="toggle", what="count_o[6]:1->0")] = 0
    found, _ = cover_registers(stuck, sources, ())
    assert found.unhit() == [("counter", "count_o bit 6 down")]


def test_a_register_that_nobody_counts_is_red(sources: Path) -> None:
    less = Counter({point: hits for point, hits in SOUND.items() if not point.what.startswith("both_q")})
    found, _ = cover_registers(less, sources, ())
    assert found.unhit() == [("counter", "both_q, any bit")]
    excuse = StillBits(register="counter.both_q", bits=range(0), reason="too wide")
    found, complaints = cover_registers(less, sources, (excuse,))
    assert (found.unhit(), complaints) == ([], [])


def test_an_excuse_holds_for_bits_that_are_there_and_still(sources: Path) -> None:
    seen = {**SOUND, **dict.fromkeys(both("count_o[6]"), 0)}

    def excused(bits: range, proof: str = "") -> list[str]:
        still = StillBits(register="counter.count_o", bits=bits, reason="so it is", proof=proof)
        found, complaints = cover_registers(seen, sources, (still,))
        assert found.unhit() == []
        assert found.to_json()["counter"]["count_o bit 6 up"] == ("so it is; proven by a/b" if proof else "so it is")
        return complaints

    assert excused(range(6, 7)) == []
    assert excused(range(6, 8), "a/b") == [], "a longer run may move what is proven"
    assert excused(range(6, 8)) == ["counter.count_o is said to be still, but moves: count_o bit 7 up"]
    assert excused(range(6, 10))[1:] == [
        f"counter.count_o is said to be still: there is no 'count_o bit {bit} up'" for bit in (8, 9)
    ]


@pytest.mark.parametrize("still", STILL, ids=lambda still: still.register)
def test_an_excuse_names_a_register_and_a_proof_that_is_there(still: StillBits) -> None:
    module, _, name = still.register.partition(".")
    assert name in registers((RTL / f"{module}.v").read_text())[0]
    assert still.reason
    if still.proof:
        assert still.proof in {proof.id for unit in units().values() for proof in unit.proofs}
        assert still.proof.startswith(f"{module}/")
