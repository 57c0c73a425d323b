"""The pixels of a map, one after the other, as one vector."""

from __future__ import annotations

from collections import Counter

from t2c.pipelines.chain import ChainEdge
from t2c.pipelines.handshake import WalkHandshake
from t2c.pipelines.module import PipelineModule, module_text
from t2c.pipelines.value import span


def gather_module(name: str, edge: ChainEdge, live: list[bool]) -> PipelineModule:
    """A module that takes every pixel of an image and gives one vector, in the order of flatten.

    Args:
        edge: a map of more than one pixel; live: which of its channels something reads.
    """
    pixels, word = edge.pixels, edge.bits * edge.channels
    bits = max((pixels - 1).bit_length(), 1)
    order = [
        f"held[{pixel * word + c * edge.bits} +: {edge.bits}]" for c in range(edge.channels) for pixel in range(pixels)
    ]
    body = [
        f"    reg  {span(bits)} number;",
        "    reg  valid;",
        f"    reg  {span(word * pixels)} held;",
        "    wire en = ~valid | out_ready;",
        "    wire move = en & in_valid;",
        f"    wire last = number == {pixels - 1};",
        "    assign in_ready = en;",
        "    assign out_valid = valid;",
        "    always @(posedge clk) begin",
        f"        if (move) held <= {{in_data, held[{word * pixels - 1}:{word}]}};",
        "        if (move) number <= last ? 0 : number + 1;",
        "        if (en) valid <= move & last;",
        "        if (rst) begin",
        "            number <= 0;",
        "            valid <= 1'b0;",
        "        end",
        "    end",
        f"    assign out_data = {{{', '.join(reversed(order))}}};",
    ]
    return PipelineModule(
        name=name,
        text=module_text(name, f"all pixels of {edge.name} at once", word, word * pixels, body),
        out_bits=word * pixels,
        handshake=WalkHandshake((True,) * pixels, (False,) * (pixels - 1) + (True,)),
        counts=Counter(register_bits=bits + 1 + edge.bits * pixels * sum(live)),
    )
