// The core's harness without cocotb: runs a job's program once for each of its runs and prints cycles and seconds.
// It links against the objects of the very build that the cocotb bench uses, so the Verilated model is the same.
//
// usage: plain RUNS INPUT_WORDS TRANSFERS STORED_LOW STORED_HIGH SEED +program=... +weights=... +host=... (and so on)
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "Vtop.h"
#include "Vtop___024root.h"
#include "verilated.h"

static vluint64_t now = 0;
double sc_time_stamp() { return static_cast<double>(now); }

int main(int argc, char** argv) {
    if (argc < 7) return 2;
    Verilated::commandArgs(argc, argv);
    std::unique_ptr<Vtop> top(new Vtop(""));
    auto* root = top->rootp;
    const vluint64_t kCycle = 2000;  // 2 ns in the harness's time unit of 1 ps
    auto number = [&](int index) { return static_cast<IData>(std::strtoul(argv[index], nullptr, 10)); };
    auto step = [&] {
        top->eval();
        now = top->nextTimeSlot();
        Verilated::threadContextp()->time(now);
    };
    auto until = [&](vluint64_t end) { while (now < end) step(); };

    until(kCycle);  // the harness's initial values come first
    root->core_harness__DOT__seed = number(6);
    root->core_harness__DOT__transfers = number(3);
    root->core_harness__DOT__stored_low = number(4);
    root->core_harness__DOT__stored_high = number(5);
    until(8 * kCycle);
    root->core_harness__DOT__rst_n = 1;
    until(16 * kCycle);
    vluint64_t cycles = 0;
    double seconds = 0;
    for (IData run = 0; run < number(1); ++run) {
        root->core_harness__DOT__input_base = run * number(2);
        root->core_harness__DOT__go = 1;
        const vluint64_t first = now;
        const auto start = std::chrono::steady_clock::now();
        until(now + 3 * kCycle);
        root->core_harness__DOT__go = 0;
        while (!root->core_harness__DOT__job_done && !Verilated::gotFinish()) step();
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
        seconds += took.count();
        cycles += (now - first) / kCycle;
    }
    std::printf("%llu %.9f %u\n", static_cast<unsigned long long>(cycles), seconds, root->core_harness__DOT__captured);
    root->core_harness__DOT__dump = 1;
    until(now + 2 * kCycle);
    top->final();
    return 0;
}
