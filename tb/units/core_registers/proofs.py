"""What `make formal` proves of core_registers."""

from __future__ import annotations

from t2c.tb.catalogue.proof import NegativeControl, Proof

PROOFS = (
    Proof(
        name="cycles",
        claim="CYCLES_LO and CYCLES_HI are the count of one moment, with every carry of its 64 bits",
        top="core_registers_cycles",
        rtl=("core_registers.v",),
        parameters={"LO_W": 32},
        small={"LO_W": 2},
        cover_depth=16,
        controls=(
            NegativeControl(
                error="the low half does not carry into the high one",
                file="core_registers.v",
                original="count_q <= count_q + {{(COUNT_W - 1) {1'b0}}, 1'b1};",
                mutant="count_q[LO_W-1:0] <= count_q[LO_W-1:0] + 1'b1;",
                depth=16,
                show=("count", "high_q", "rdata"),
            ),
            NegativeControl(
                error="CYCLES_HI is of the moment in which it is read itself",
                file="core_registers.v",
                original="read_data = count_hi_q;",
                mutant="read_data = count_q[COUNT_W-1:LO_W];",
                depth=16,
                show=("count", "high_q", "rdata"),
            ),
        ),
    ),
)
