"""A bench in plain Verilog for pipelines that no package has: vectors in, vectors out, behind random stalls."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np

from t2c.pipelines.chain import Chain, ChainEdge
from t2c.pipelines.options import PipelineOptions
from t2c.pipelines.write import FILELIST, write_pipeline

BENCH = """`timescale 1ns / 1ps
module bench;
    reg clk = 0, rst = 1, in_valid = 0, out_ready = 0;
    always #5 clk = ~clk;
    reg [{in_bits}-1:0] given [0:{given}-1];
    integer sent = 0, got = 0, cycle = 0;
    wire in_ready, out_valid;
    wire [{out_bits}-1:0] out_data;
    {top} dut (
        .clk(clk), .rst(rst), .in_valid(in_valid), .in_ready(in_ready), .in_data(in_valid ? given[sent] : {in_bits}'hx),
        .out_valid(out_valid), .out_ready(out_ready), .out_data(out_data)
    );
    initial begin
        $readmemh("given.hex", given);
        repeat (4) @(negedge clk);
        rst = 0;
        while (got < {wanted} && cycle < {limit}) begin
            in_valid = sent < {given} && (in_valid || !{stalls} || $random % 2 == 0);
            out_ready = !{stalls} || $random % 2 == 0;
            @(posedge clk);
            if (out_valid && out_ready) begin
                $display("%h %0d", out_data, cycle);
                got = got + 1;
            end
            if (in_valid && in_ready) begin
                #1 sent = sent + 1;
                in_valid = 0;
            end
            cycle = cycle + 1;
            @(negedge clk);
        end
        $finish;
    end
endmodule
"""


def simulated(
    chain: Chain, images: np.ndarray, options: PipelineOptions, folder: Path, *, stalls: bool
) -> tuple[np.ndarray, list[int]]:
    """What the RTL of a chain gives for images (N, *shape), in the shape of its result; the cycle of each transfer out,
    counted from the first after reset."""
    pipeline = write_pipeline(chain, options, folder / "pipeline")
    first, last = chain.input, chain.output
    words = _words(images, first)
    (folder / "given.hex").write_text("\n".join(words) + "\n")
    wanted = len(images) * last.pixels
    text = BENCH.format(
        in_bits=first.bits * first.channels,
        out_bits=last.bits * last.channels,
        given=len(words),
        wanted=wanted,
        limit=1000 + 200 * len(words),
        top=pipeline.top,
        stalls=int(stalls),
    )
    (folder / "bench.v").write_text(text)
    names = [str(pipeline.folder / name) for name in (pipeline.folder / FILELIST).read_text().split()]
    for command in (["iverilog", "-g2005", "-Wall", "-o", "bench.vvp", "bench.v", *names], ["vvp", "-n", "bench.vvp"]):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    lines = [line.split() for line in done.stdout.splitlines() if line.count(" ") == 1 and line.split()[1].isdecimal()]
    assert len(lines) == wanted, done.stdout + done.stderr
    return _values([word for word, _ in lines], last, len(images)), [int(cycle) for _, cycle in lines]


def _words(images: np.ndarray, edge: ChainEdge) -> list[str]:
    pixels = images.reshape(len(images), edge.channels, -1).transpose(0, 2, 1).reshape(-1, edge.channels)
    mask = (1 << edge.bits) - 1
    return [f"{sum((int(v) & mask) << edge.bits * c for c, v in enumerate(pixel)):x}" for pixel in pixels]


def _values(lines: list[str], edge: ChainEdge, images: int) -> np.ndarray:
    mask, sign = (1 << edge.bits) - 1, (1 << edge.bits - 1) if edge.signed else 0
    pixels = [[((int(line, 16) >> edge.bits * c & mask) ^ sign) - sign for c in range(edge.channels)] for line in lines]
    return np.array(pixels).reshape(images, edge.pixels, edge.channels).transpose(0, 2, 1).reshape(images, *edge.shape)
