"""A description of an accelerator that does not fit is refused in one line with its place, before anything is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.accelerator.door import copied, refusal

STREAM, GEMM, POOL = "stream_cnn", "os_gemm", "axi_pool"
TX = "tx: {kind: stream, valid: tx_val, ready: tx_rdy, last: tx_eop, data: tx_word}"
CASES = {
    "unknown field": (
        STREAM,
        "package: digits_w8a8",
        "packages: x",
        "dut.yaml:7: unknown field 'packages'; there are ",
    ),
    "unknown key of a port": (
        STREAM,
        "valid: tx_val",
        "vald: tx_val",
        "dut.yaml:10: unknown field 'vald'; there are kind",
    ),
    "unknown kind": (STREAM, "tx: {kind: stream", "tx: {kind: fifo", "kind: 'fifo' is not one of stream, wires, ram"),
    "unknown key of an entry": (
        STREAM,
        "tensor: input, layout",
        "tensor: input, lay",
        "dut.yaml:30: unknown field 'lay'",
    ),
    "no such port of theirs": (
        STREAM,
        "data: tx_word",
        "data: tx_words",
        "dut.yaml:10: data: stream_cnn has no port 'tx_words'; it has core_clk, ",
    ),
    "a handshake of two bits": (
        STREAM,
        "ready: tx_rdy",
        "ready: rx_word",
        "ready: stream_cnn's 'rx_word' has 32 bits, 1 ",
    ),
    "the wrong direction": (
        STREAM,
        "last: tx_eop",
        "last: rx_eop",
        "last: stream_cnn's 'rx_eop' is an input, an output is wanted",
    ),
    "no valid": (STREAM, "valid: tx_val, ", "", "dut.yaml:10: ports: tx: stream needs valid"),
    "no data": (STREAM, ", data: tx_word}", "}", "ports: tx: stream needs data"),
    "an input that nothing drives": (
        STREAM,
        "ready: tx_rdy, ",
        "",
        "input 'tx_rdy' of stream_cnn (",
    ),
    "no such signal inside": (STREAM, "i_conv1.out_valid", "i_conv1.valid", "no signal 'i_conv1.valid' of bits inside"),
    "no such clock": (STREAM, "clock: core_clk", "clock: clk", "stream_cnn has no port 'clk'"),
    "no such top": (STREAM, "top: stream_cnn", "top: cnn", "top: no module 'cnn' in the sources; there are "),
    "no such tensor": (
        STREAM,
        "tensor: conv2, layout",
        "tensor: conv9, layout",
        "dut.yaml:34: digits_w8a8 has no tensor 'conv9'; it has input, conv1, conv2, ",
    ),
    "no such constant": (
        STREAM,
        "conv2.multiplier",
        "conv2.scale",
        "conv2 has no 'scale'; it has weight, multiplier, bias, shift, accumulators",
    ),
    "no such package": (STREAM, "package: digits_w8a8", "package: nothing", "'nothing' is not a package directory"),
    "no such port of ours": (
        STREAM,
        "{port: tx, tensor",
        "{port: ty, tensor",
        "port: there is no port 'ty'; there are rx, ",
    ),
    "words into an output": (
        STREAM,
        "  - {port: rx, words: 0x05000010}",
        "  - {port: tx, words: 0x05000010}",
        "port: tx (stream) takes nothing that could stand under in",
    ),
    "a layout that does not cover": (
        STREAM,
        'tensor: conv2, layout: "c y x -> y x c"',
        'tensor: conv2, layout: "c y x -> y x"',
        "dut.yaml:34: conv2: layout 'c y x -> y x', character 1: c is not on the right: the layout does not cover the ",
    ),
    "a layout that overlaps": (
        STREAM,
        'tensor: conv2, layout: "c y x -> y x c"',
        'tensor: conv2, layout: "c y x -> y x c c"',
        "c stands twice on the right: its elements would overlap",
    ),
    "a layout of another rank": (
        STREAM,
        'tensor: conv2, layout: "c y x -> y x c"',
        'tensor: conv2, layout: "c x -> x c"',
        "dut.yaml:34: conv2: layout ",
    ),
    "words that are not full": (
        STREAM,
        "{port: rx, tensor: conv1.shift, bits: 8, last: end}",
        "{port: rx, tensor: fc.shift, bits: 8}",
        "fc.shift: 10 elements, 4 a word: the last word is not full; pad in the layout, such as c(4)",
    ),
    "elements of a word and a half": (
        STREAM,
        "conv1.bias, bits: 32",
        "conv1.bias, bits: 48",
        "conv1.bias: an element of 48 bits is no whole number of words of 32 bits",
    ),
    "bits that do not divide": (
        STREAM,
        "conv1.shift, bits: 8",
        "conv1.shift, bits: 6",
        "conv1.shift: words of 32 bits do not divide into elements of 6 bits; say lanes: N",
    ),
    "values that do not fit": (
        STREAM,
        "conv1.multiplier, bits: 16",
        "conv1.multiplier, bits: 8",
        "dut.yaml:16: conv1.multiplier: 16392 does not fit 8 signed bits",
    ),
    "an address for a stream": (
        STREAM,
        "{port: tx, tensor",
        "{port: tx, at: 4, tensor",
        "at: tx (stream) has no addresses",
    ),
    "no address for a memory": (GEMM, "tensor: flatten, at: 0", "tensor: flatten", "in: a (ram) needs at: ADDRESS"),
    "last of a port without": (
        GEMM,
        "tensor: flatten, at: 0",
        "tensor: flatten, at: 0, last: end",
        "last: a has no last",
    ),
    "outside a RAM": (
        GEMM,
        "tensor: flatten, at: 0",
        "tensor: flatten, at: 200",
        "at: flatten lies in 0xc8..0x107; a has 0x0..0xff",
    ),
    "outside a memory": (
        POOL,
        "tensor: max_pool, at: 0x80001002",
        "tensor: max_pool, at: 0x80001f82",
        "at: max_pool lies in 0x80001f82..0x80002001; mem has 0x80000000..0x80001fff",
    ),
    "two tensors in one place": (
        POOL,
        "  - {port: mem, tensor: conv3, at: 0x80000100}",
        "  - {port: mem, tensor: conv3, at: 0x80000100}\n  - {port: mem, tensor: input, at: 0x800002f0}",
        "at: input in 0x800002f0..0x8000032f overlaps conv3 in 0x80000100..0x800002ff",
    ),
    "no such prefix": (
        POOL,
        "prefix: m_axi_",
        "prefix: m_bus_",
        "axi4 needs arvalid or awvalid; no port of that name is ",
    ),
    "memory beyond the address": (POOL, "bytes: 8192", "bytes: 0x90000000", "bytes: 2415919104 is outside 4..67108864"),
    "no registers": (POOL, "prefix: s_ctl_", "prefix: c_", "axi_lite needs awaddr; no port of that name is there"),
    "a register beyond": (POOL, "0x18: 32", "0x48: 32", "address 0x48 is beyond the 6 address bits of ctl"),
    "no such step": (GEMM, "- pulse: start", "- push: start", "unknown field 'push'; there are set, pulse, wait"),
    "a pulse of an output": (GEMM, "pulse: start", "pulse: done", "os_gemm's 'done' is an output, an input is wanted"),
    "a limit of nothing": (GEMM, "limit: 1000", "limit: 0", "limit: 0 is outside 1..2147483647"),
    "a pin of two": (GEMM, "pulse: start", "pulse: a_we", "dut.yaml:18: run: 'a_we' stands under ports: a too"),
    "nothing compared": (
        GEMM,
        "  - {port: c, tensor: fc.accumulators",
        "#",
        "dut.yaml:20: out: 'key: value' entries are wanted",
    ),
    "an image too many": (
        GEMM,
        "batch: 8  ",
        "batch: 999  ",
        "images 0..998 are asked for; the package has 360 of them",
    ),
    "a stream that nothing enters": (
        STREAM,
        '  - {port: tx, words: 0x85000100}\n  - {port: tx, tensor: conv2, layout: "c y x -> y x c"}\n',
        "",
        "dut.yaml:10: ports: tx: no entry of out names port tx",
    ),
    "a module of our name": (
        GEMM,
        "sources: os_gemm.v",
        "sources: [os_gemm.v, door_sink.v]",
        "has the name of one that the ",
    ),
}


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", CASES)
def test_what_does_not_fit_is_one_line(name: str, tmp_path: Path) -> None:
    example, before, after, line = CASES[name]
    dut = copied(example, tmp_path, ("dut.yaml", before, after))
    (dut.parent / "door_sink.v").write_text("module door_sink; endmodule\n")
    text = refusal(dut, tmp_path / "out", stall="none,none")
    assert line in text
    assert not list((tmp_path / "out").glob("**/events.log"))


@pytest.mark.parametrize(
    ("stall", "line"),
    [
        ("p51", "stall: profile 'p51' is not one of none, p10"),
        ("rx:p51", "stall: profile 'p51' is not one of none, p10"),
        ("ry:p50", "stall: no port 'ry' can hold back; there are rx, tx"),
        ("inner:p50", "stall: no port 'inner' can hold back; there are rx, tx"),
    ],
)
def test_a_stall_that_is_none_is_one_line(stall: str, line: str, tmp_path: Path) -> None:
    assert line in refusal(copied(STREAM, tmp_path), tmp_path / "out", stall=stall)


def test_41_lines_are_too_many(tmp_path: Path) -> None:
    dut = copied(STREAM, tmp_path)
    more = "  - {port: tx, words: 0}\n" * 20
    dut.write_text(dut.read_text() + more)
    assert "lines; a description has at most 40" in refusal(dut, tmp_path / "out")


def test_a_unit_is_asked_for_where_the_description_is_of_none(tmp_path: Path) -> None:
    path = tmp_path / "dut.yaml"
    path.write_text("unit: mulquant\n")
    assert "needs unit, the unit that it takes the place of" in refusal(path, tmp_path)
    path.write_text("unit: [accelerator\n")
    assert "dut.yaml:2: " in refusal(path, tmp_path)
