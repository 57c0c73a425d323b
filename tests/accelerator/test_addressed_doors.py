"""The examples behind RAM ports, AXI4 and AXI4-Lite: right on both simulators; planted faults are found and named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.accelerator.door import EXAMPLES, copied, simulated

pytestmark = pytest.mark.slow
GEMM, POOL = "os_gemm.v", "axi_pool.v"


@pytest.mark.sample(3)
@pytest.mark.parametrize("sim", ["icarus", "verilator"])
@pytest.mark.parametrize(
    ("example", "tensor", "elements", "alone"),
    [("os_gemm", "fc.accumulators", 160, {"a", "b", "c"}), ("axi_pool", "max_pool", 256, {"ctl", "mem"})],
)
def test_an_example_is_right_behind_every_stall(
    sim: str,
    example: str,
    tensor: str,
    elements: int,
    alone: set[str],
    sim_output: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = simulated(capsys, EXAMPLES / example / "dut.yaml", sim_output, images=2, sim=sim)
    assert run.status == 0, run.text
    scenarios = run.record["scenarios"]
    assert {f"stall {port}:p90" for port in alone} <= {scenario["name"] for scenario in scenarios}
    assert len(scenarios) == 5 + len(alone) + 3
    for scenario in scenarios:
        (count,) = scenario["tensors"]
        assert (count["name"], count["compared"], count["wrong"], count["missing"]) == (tensor, elements, 0, 0)


FAULTS = {
    "one sum": (
        (
            "os_gemm",
            GEMM,
            "factor * b;",
            "factor * b + (r == 2 & c == 3 & nt == 0 & k == 9 & mt == 1 ? 32'sd1 : 32'sd0);",
        ),
        ["fc.accumulators[6, 3]: expected ", "difference +1; port c, address 0xa, lane 3; cycle "],
    ),
    "done never comes": (
        ("os_gemm", GEMM, "done <= 1'b1;", "done <= 1'b0;"),
        ["step 2, wait done = 1, does not end: given up at cycle ", "c accesses=0 address=0x0", "were never written"],
    ),
    "a result is not written": (
        ("os_gemm", GEMM, "if (c_en) c_rdata <= c_mem[c_addr];", "if (c_en) c_rdata <= c_mem[c_addr | 1];"),
        ["fc.accumulators[0, 0]: expected ", "port c, address 0x0, lane 0"],
    ),
    "state left from the run before": (
        ("os_gemm", GEMM, "            mt   <= 0;\n", "            mt   <= mt === 2 ? 1 : 0;\n"),
        ["run 1: fc.accumulators["],
    ),
    "the wrong strobes": (
        ("axi_pool", POOL, "odd ? 4'b1100 : 4'b1111;", "4'b1111;"),
        ["writes where it may not write (out and scratch say where), the first to address 0x80001000; cycle "],
    ),
    "over its own input": (
        ("axi_pool", POOL, "6'h14: target <= s_ctl_wdata;", "6'h14: target <= 32'h80000180;"),
        ["the first to address 0x80000180, over conv3; cycle ", "elements of max_pool were never written, the first"],
    ),
    "outside the memory": (
        ("axi_pool", POOL, "6'h14: target <= s_ctl_wdata;", "6'h14: target <= 32'h10000000;"),
        ["port mem: write outside the memory, address 0x10000000; cycle "],
    ),
    "it reads outside the memory": (
        ("axi_pool", POOL, "source + 16 * asked;", "source + 16 * asked + 32'h4000;"),
        ["port mem: read outside the memory, address 0x80004100; cycle "],
    ),
    "a burst over 4 KiB": (
        ("axi_pool", POOL, "{8'd3, 3'd2, 2'b01};", "{8'd3, 3'd2, 2'b01};\n    // source 0x80000ff8"),
        ["port mem: burst crosses 4 KiB 0x80000ff8; cycle "],
    ),
    "no kind of burst": (
        ("axi_pool", POOL, "{8'd3, 3'd2, 2'b01};", "{8'd3, 3'd2, 2'b11};"),
        ["port mem: reserved burst 0x80000100; cycle "],
    ),
    "wlast is missing": (
        ("axi_pool", POOL, "m_axi_wlast  <= 1'b1;", "m_axi_wlast  <= 1'b0;"),
        ["port mem: wlast is misplaced 0x80001004; cycle "],
    ),
    "the address moves while it waits": (
        (
            "axi_pool",
            POOL,
            "m_axi_araddr  = source + 16 * asked;",
            "m_axi_araddr  = source + 16 * asked + 4 * m_axi_rvalid;",
        ),
        ["port mem.ar: payload changed while it waited for ready: 0x"],
    ),
    "one maximum": (
        ("axi_pool", POOL, "larger = (x > y) ? x : y;", "larger = (x > y & x != 8'd78) ? x : y;"),
        ["max_pool[", "port mem, address 0x8000"],
    ),
    "a register that refuses": (
        ("axi_pool", POOL, "{s_ctl_bresp, s_ctl_rresp} = 4'd0;", "{s_ctl_bresp, s_ctl_rresp} = 4'b1000;"),
        ["step 1, write 0x10 = 2147483904, is refused: the register answers with an error; cycle "],
    ),
}
YAMLS = {"a burst over 4 KiB": ("0x80000100", "0x80000ff8")}


@pytest.mark.sample(2)
@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_behind_addresses_is_named(
    name: str, tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (example, *change), wanted = FAULTS[name]
    dut = copied(example, tmp_path, (change[0], change[1], change[2]))
    if name in YAMLS:
        dut.write_text(dut.read_text().replace(*YAMLS[name]))
    images = 2 if "run before" in name else 1
    run = simulated(capsys, dut, sim_output, images=images, stall="mem:p50" if example == "axi_pool" else "a:p50")
    assert run.status == 1, run.text
    for text in wanted:
        assert text in run.text, run.text
