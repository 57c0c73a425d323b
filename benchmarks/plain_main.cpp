// The layer harness without cocotb: sets one job, runs it to job_done and prints cycles and seconds.
// It links against the objects of the very build that the cocotb bench uses, so the Verilated model is the same.
//
// usage: plain LOAD_WORDS DESCRIPTORS SEED +stimulus=... +descriptors=... +weights=... +params=... +capture=...
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
    if (argc < 4) return 2;
    Verilated::commandArgs(argc, argv);
    std::unique_ptr<Vtop> top(new Vtop(""));
    auto* root = top->rootp;
    const vluint64_t kCycle = 2000;  // 2 ns in the harness's time unit of 1 ps
    auto step = [&] {
        top->eval();
        now = top->nextTimeSlot();
        Verilated::threadContextp()->time(now);
    };
    auto until = [&](vluint64_t end) { while (now < end) step(); };

    root->layer_harness__DOT__seed = static_cast<IData>(std::strtoul(argv[3], nullptr, 10));
    until(8 * kCycle);
    root->layer_harness__DOT__rst_n = 1;
    until(16 * kCycle);
    root->layer_harness__DOT__load_words = static_cast<IData>(std::strtoul(argv[1], nullptr, 10));
    root->layer_harness__DOT__descs = static_cast<IData>(std::strtoul(argv[2], nullptr, 10));
    root->layer_harness__DOT__go = 1;
    const vluint64_t first = now;
    const auto start = std::chrono::steady_clock::now();
    until(now + 2 * kCycle);
    root->layer_harness__DOT__go = 0;
    while (!root->layer_harness__DOT__job_done && !Verilated::gotFinish()) step();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::printf("%llu %.9f %u\n", static_cast<unsigned long long>((now - first) / kCycle), seconds.count(),
                root->layer_harness__DOT__captured);
    root->layer_harness__DOT__dump = 1;
    until(now + 2 * kCycle);
    top->final();
    return 0;
}
