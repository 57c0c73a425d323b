// nngen_core without a harness, as a user would drive it from C++: a memory behind its AXI4 master, a register that starts
// it, another that says when it has ended.
//
// mem_RUN.hex: words of the memory as $readmemh reads them, of each run. plain.out: a line a word that it writes. Prints
// cycles. Answers come kLatency cycles after a request, as the description says.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "Vtop.h"
#include "verilated.h"

constexpr unsigned kWords = 1024, kLatency = 8, kQuiet = 64;

struct Burst {
    std::uint32_t address, beats, beat;
    unsigned long long ready;
};

class Bench {
  public:
    explicit Bench(int argc, char** argv) : out_(std::fopen("plain.out", "w")) {
        context_->threads(1);
        context_->commandArgs(argc, argv);
        top_.reset(new Vtop{context_.get(), ""});
        top_->RESETN = 0;
        for (int cycle = 0; cycle < 16; ++cycle) tick();
        top_->RESETN = 1;
        for (int cycle = 0; cycle < 4; ++cycle) tick();
    }
    ~Bench() {
        top_->final();
        std::fclose(out_);
    }
    bool load(int run) {
        std::FILE* in = std::fopen(("mem_" + std::to_string(run) + ".hex").c_str(), "r");
        if (!in) return false;
        char text[64];
        std::uint32_t at = 0;
        while (std::fscanf(in, "%63s", text) == 1) {
            if (text[0] == '@') at = std::strtoul(text + 1, nullptr, 16);
            else memory_.at(at++) = std::strtoul(text, nullptr, 16);
        }
        std::fclose(in);
        return true;
    }
    void write(std::uint32_t address, std::uint32_t data) {
        top_->saxi_awaddr = address;
        top_->saxi_wdata = data;
        top_->saxi_wstrb = 15;
        top_->saxi_awvalid = top_->saxi_wvalid = top_->saxi_bready = 1;
        do {
            const bool address_taken = top_->saxi_awvalid && settled()->saxi_awready;
            const bool data_taken = top_->saxi_wvalid && top_->saxi_wready;
            tick();
            if (address_taken) top_->saxi_awvalid = 0;
            if (data_taken) top_->saxi_wvalid = 0;
        } while (top_->saxi_awvalid || top_->saxi_wvalid);
        while (!settled()->saxi_bvalid) tick();
        tick();
    }
    std::uint32_t read(std::uint32_t address) {
        top_->saxi_araddr = address;
        top_->saxi_arvalid = top_->saxi_rready = 1;
        for (bool taken = false; !taken;) {
            taken = settled()->saxi_arready;
            tick();
        }
        top_->saxi_arvalid = 0;
        while (!settled()->saxi_rvalid) tick();
        const std::uint32_t data = top_->saxi_rdata;
        tick();
        return data;
    }
    void idle(unsigned count) {
        while (count--) tick();
    }
    unsigned long long cycles() const { return cycles_; }

  private:
    Vtop* settled() {
        top_->CLK = 0;
        top_->eval();
        return top_.get();
    }
    void tick() {
        settled();
        const bool ar = top_->maxi_arvalid && top_->maxi_arready, r = top_->maxi_rvalid && top_->maxi_rready;
        const bool aw = top_->maxi_awvalid && top_->maxi_awready, w = top_->maxi_wvalid && top_->maxi_wready;
        const bool b = top_->maxi_bvalid && top_->maxi_bready;
        if (ar) reads_.push_back({top_->maxi_araddr, top_->maxi_arlen + 1u, 0, cycles_ + kLatency});
        if (aw) writes_.push_back({top_->maxi_awaddr, top_->maxi_awlen + 1u, 0, 0});
        if (w) {
            Burst& burst = writes_.front();
            std::uint32_t& word = memory_.at(burst.address / 4 + burst.beat++);
            for (unsigned lane = 0; lane < 4; ++lane) {
                const std::uint32_t mask = 255u << 8 * lane;
                if (top_->maxi_wstrb >> lane & 1) word = (word & ~mask) | (top_->maxi_wdata & mask);
            }
            std::fprintf(out_, "%llu %08x\n", cycles_, top_->maxi_wdata);
            if (burst.beat == burst.beats) {
                answers_.push_back(cycles_ + kLatency);
                writes_.pop_front();
            }
        }
        top_->CLK = 1;
        top_->eval();
        ++cycles_;
        if (r) top_->maxi_rvalid = 0;
        if (!top_->maxi_rvalid && !reads_.empty() && reads_.front().ready <= cycles_) {
            Burst& burst = reads_.front();
            top_->maxi_rdata = memory_.at(burst.address / 4 + burst.beat++);
            top_->maxi_rlast = burst.beat == burst.beats;
            top_->maxi_rvalid = 1;
            if (burst.beat == burst.beats) reads_.pop_front();
        }
        if (b) top_->maxi_bvalid = 0;
        if (!top_->maxi_bvalid && !answers_.empty() && answers_.front() <= cycles_) {
            top_->maxi_bvalid = 1;
            answers_.pop_front();
        }
        top_->maxi_arready = reads_.size() < 16;
        top_->maxi_awready = writes_.size() < 16;
        top_->maxi_wready = !writes_.empty();
    }

    const std::unique_ptr<VerilatedContext> context_{new VerilatedContext};
    std::unique_ptr<Vtop> top_;
    std::FILE* out_;
    std::vector<std::uint32_t> memory_ = std::vector<std::uint32_t>(kWords);
    std::deque<Burst> reads_, writes_;
    std::deque<unsigned long long> answers_;
    unsigned long long cycles_ = 0;
};

int main(int argc, char** argv) {
    Bench bench{argc, argv};
    for (int run = 1; bench.load(run); ++run) {
        bench.write(0x10, 1);
        while (bench.read(0x14)) {
        }
        bench.idle(kQuiet);
    }
    std::printf("%llu\n", bench.cycles());
    return 0;
}
