// stream_cnn without a harness, as a user would drive it from C++: sends the packets of a file, takes what comes, and
// writes it to another. The Verilated module has the options that the harness is built with.
//
// usage: plain RUNS. rx.in: what door_source reads, a byte 0 and 5 bytes a word, of which bit 32 is `last`; a byte 1 ends
// a run. plain.out: a line a word. Prints cycles.
#include <cstdint>
#include <cstdio>
#include <memory>

#include "Vtop.h"
#include "verilated.h"

constexpr int kWords = 257;

int main(int argc, char** argv) {
    const std::unique_ptr<VerilatedContext> context{new VerilatedContext};
    context->threads(1);
    context->commandArgs(argc, argv);
    const std::unique_ptr<Vtop> top{new Vtop{context.get(), ""}};
    std::FILE* in = std::fopen("rx.in", "rb");
    std::FILE* out = std::fopen("plain.out", "w");
    if (!in || !out) return 2;
    unsigned long long cycles = 0;
    unsigned char record[6] = {1};
    auto fall = [&] {
        top->core_clk = 0;
        top->eval();
    };
    auto rise = [&] {
        top->core_clk = 1;
        top->eval();
        ++cycles;
    };
    auto next = [&] { return std::fread(record, 1, sizeof record, in) == sizeof record; };
    auto drive = [&] {
        top->rx_val = !record[0];
        top->rx_eop = record[1];
        top->rx_word = std::uint32_t{record[2]} << 24 | record[3] << 16 | record[4] << 8 | record[5];
    };
    top->core_rst = 1;
    top->tx_rdy = 1;
    for (int cycle = 0; cycle < 16; ++cycle) fall(), rise();
    top->core_rst = 0;
    while (next()) {
        drive();
        for (int got = 0; got < kWords || !record[0];) {
            fall();
            const bool taken = top->rx_val && top->rx_rdy;
            if (top->tx_val) {
                std::fprintf(out, "%llu %x%08x\n", cycles, top->tx_eop, top->tx_word);
                ++got;
            }
            rise();
            if (taken && next()) drive();
        }
        for (int cycle = 0; cycle < 64; ++cycle) fall(), rise();
    }
    std::fclose(out);
    top->final();
    std::printf("%llu\n", cycles);
    return 0;
}
