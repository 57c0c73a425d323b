// os_gemm without a harness, as a user would drive it from C++: writes both matrices, starts, waits, reads the sums.
//
// a.in, b.in: what door_ram reads, a byte 0, one of the address and 4 or 5 of the word; a byte 1 ends a part, every other
// of which is empty, since nothing is read there. plain.out: a line a word. Prints cycles.
#include <cstdio>
#include <memory>

#include "Vtop.h"
#include "verilated.h"

constexpr int kWords = 16;

int main(int argc, char** argv) {
    const std::unique_ptr<VerilatedContext> context{new VerilatedContext};
    context->threads(1);
    context->commandArgs(argc, argv);
    const std::unique_ptr<Vtop> top{new Vtop{context.get(), ""}};
    std::FILE* a = std::fopen("a.in", "r");
    std::FILE* b = std::fopen("b.in", "r");
    std::FILE* out = std::fopen("plain.out", "w");
    if (!a || !b || !out) return 2;
    unsigned long long cycles = 0;
    auto tick = [&] {
        top->clk = 0;
        top->eval();
        top->clk = 1;
        top->eval();
        ++cycles;
    };
    auto idle = [&](int count) {
        for (int cycle = 0; cycle < count; ++cycle) tick();
    };
    unsigned char record[7];
    auto next = [&](std::FILE* file, unsigned bytes) {
        return std::fread(record, 1, 2 + bytes, file) == 2 + bytes && !record[0];
    };
    auto word = [&](unsigned bytes) {
        unsigned long long value = 0;
        for (unsigned byte = 0; byte < bytes; ++byte) value = value << 8 | record[2 + byte];
        return value;
    };
    top->rst_n = 0;
    idle(16);
    top->rst_n = 1;
    while (true) {
        bool more_a = true, more_b = true, any = false;
        while (more_a || more_b) {
            if (more_a && (more_a = next(a, 4))) top->a_addr = record[1], top->a_wdata = word(4), any = true;
            top->a_we = more_a;
            if (more_b && (more_b = next(b, 5))) top->b_addr = record[1], top->b_wdata = word(5);
            top->b_we = more_b;
            tick();
        }
        if (!any) break;
        next(a, 4), next(b, 5);
        top->start = 1;
        tick();
        top->start = 0;
        do tick();
        while (!top->done);
        idle(64);
        for (int row = 0; row < kWords; ++row) {
            top->c_addr = row;
            top->c_en = 1;
            tick();
            std::fprintf(out, "%llu %d ", cycles, row);
            for (int part = 4; part >= 0; --part) std::fprintf(out, "%08x", top->c_rdata[part]);
            std::fputc('\n', out);
        }
        top->c_en = 0;
    }
    std::fclose(out);
    top->final();
    std::printf("%llu\n", cycles);
    return 0;
}
