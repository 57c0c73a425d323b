"""Modules that only pass transfers on: to several takers, and through a queue."""

from __future__ import annotations

from collections import Counter

from t2c.pipelines.handshake import QueueHandshake, SplitHandshake
from t2c.pipelines.module import PipelineModule, module_text
from t2c.pipelines.value import span

FEWEST = 2
"""Places of a queue."""


def split_module(name: str, bits: int, ways: int) -> PipelineModule:
    """Each transfer to several takers, which take it when they can; it is gone when the last one has."""
    sides = tuple(f"out{way}" for way in range(ways))
    ready = ", ".join(f"{side}_ready" for side in reversed(sides))
    body = [
        f"    reg  {span(ways)} done;",
        f"    wire {span(ways)} now = done | {{{ready}}};",
        "    assign in_ready = &now;",
        f"    always @(posedge clk) if (rst) done <= {ways}'h0; else if (in_valid) done <= in_ready ? {ways}'h0 : now;",
    ]
    for way, side in enumerate(sides):
        body.append(f"    assign {side}_valid = in_valid & ~done[{way}];")
        body.append(f"    assign {side}_data = in_data;")
    return PipelineModule(
        name=name,
        text=module_text(name, f"to {ways} takers", bits, bits, body, outputs=sides),
        out_bits=bits,
        handshake=SplitHandshake(ways),
        counts=Counter(register_bits=ways),
        outputs=sides,
    )


def queue_module(name: str, bits: int, depth: int) -> PipelineModule:
    """Transfers wait, so many at most."""
    index = (depth - 1).bit_length()
    count = depth.bit_length()
    body = [
        f"    reg  {span(bits)} store [0:{depth - 1}];",
        f"    reg  {span(index)} head, tail;",
        f"    reg  {span(count)} held;",
        "    wire put = in_valid & in_ready;",
        "    wire get = out_valid & out_ready;",
        f"    assign in_ready = held != {depth};",
        "    assign out_valid = held != 0;",
        "    assign out_data = store[head];",
        "    always @(posedge clk) begin",
        "        if (put) store[tail] <= in_data;",
        f"        if (put) tail <= tail == {depth - 1} ? 0 : tail + 1;",
        f"        if (get) head <= head == {depth - 1} ? 0 : head + 1;",
        "        held <= held + put - get;",
        "        if (rst) begin",
        "            head <= 0;",
        "            tail <= 0;",
        "            held <= 0;",
        "        end",
        "    end",
    ]
    return PipelineModule(
        name=name,
        text=module_text(name, f"a queue of {depth}", bits, bits, body),
        out_bits=bits,
        handshake=QueueHandshake(depth),
        counts=Counter(queue_bits=bits * depth, register_bits=2 * index + count),
    )
