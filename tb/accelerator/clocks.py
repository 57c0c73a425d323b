"""The clocks of a harness: made in Verilog, and for Verilator in C++, which costs a tenth as much."""

from __future__ import annotations

from collections.abc import Mapping

_MAIN = """\
// Clocks of accelerator_harness, made by t2c; everything else is in the Verilog.
#include <algorithm>
#include <cstdint>
#include <memory>

#include "Vtop.h"
#include "verilated.h"

struct Clock {{
    CData& pin;
    std::uint64_t half, next;
}};

int main(int argc, char** argv) {{
    const std::unique_ptr<VerilatedContext> context{{new VerilatedContext}};
    context->threads(1);
    context->traceEverOn(true);
    context->commandArgs(argc, argv);
    const std::unique_ptr<Vtop> top{{new Vtop{{context.get(), ""}}}};
    std::uint64_t picosecond = 1;  // in units of the finest time scale of all sources
    for (int unit = context->timeprecision(); unit < -12; ++unit) picosecond *= 10;
    Clock clocks[] = {{
{clocks}
    }};
    for (Clock& clock : clocks) clock.pin = 0;
    std::uint64_t now = 0;
    while (true) {{
        top->eval();
        if (context->gotFinish()) break;
        now = UINT64_MAX;
        for (const Clock& clock : clocks) now = std::min(now, clock.next);
        if (top->eventsPending()) now = std::min<std::uint64_t>(now, top->nextTimeSlot());
        context->time(now);
        for (Clock& clock : clocks) {{
            if (clock.next == now) {{
                clock.pin ^= 1;
                clock.next += clock.half;
            }}
        }}
    }}
    top->final();
    return 0;
}}
"""


def module_head(module: str, clocks: Mapping[str, int]) -> str:
    """The first lines of a harness: its clocks are inputs for Verilator and made here for others.

    Args:
        module: its name; clocks: name -> period in ns.
    """
    inputs = ", ".join(f"input wire clk_{name}" for name in clocks)
    made = "".join(
        f"    reg clk_{name} = 1'b0;\n    always #{period / 2:.1f} clk_{name} = ~clk_{name};\n"
        for name, period in clocks.items()
    )
    return f"`ifdef VERILATOR\nmodule {module} ({inputs});\n`else\nmodule {module};\n{made}`endif\n"


def main_text(clocks: Mapping[str, int]) -> str:
    """The main of a simulator that Verilator makes of the harness."""
    lines = [
        f"        {{top->clk_{name}, {500 * period} * picosecond, {500 * period} * picosecond}},"
        for name, period in clocks.items()
    ]
    return _MAIN.format(clocks="\n".join(lines))
