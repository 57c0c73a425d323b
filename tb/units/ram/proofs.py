"""What `make formal` proves of ram."""

from __future__ import annotations

from t2c.tb.catalogue.proof import HarnessMemory, NegativeControl, Proof

PROOFS = (
    Proof(
        name="words",
        claim="reads the word at the address; a write changes that word and no other: all contents and inputs",
        top="ram_words",
        rtl=("ram.v",),
        parameters={"W": 8, "ADDR_W": 3},
        memories={"words": HarnessMemory(path="dut.mem", width="W", words=8)},
        cover_depth=5,
        controls=(
            NegativeControl(
                error="a read beside a write sees the new word",
                file="ram.v",
                original="rdata_o <= mem[raddr_i];\n",
                mutant="rdata_o <= (we_i & waddr_i == raddr_i) ? wdata_i : mem[raddr_i];\n",
                depth=4,
                show=("rdata_q", "rdata"),
            ),
        ),
    ),
)
