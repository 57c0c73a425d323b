"""What `make formal` proves of mac_pe."""

from __future__ import annotations

from t2c.tb.catalogue.proof import NegativeControl, Proof

PROOFS = (
    Proof(
        name="step",
        claim="operand, weight in use, product and sum equal the specification: all inputs and states",
        top="mac_pe_step",
        rtl=("mac_pe.v",),
        parameters={"A_W": 9, "W_W": 8, "PSUM_W": 21},
        cover_depth=8,
        controls=(
            NegativeControl(
                error="a swap is ignored while another operand is on its way",
                file="mac_pe.v",
                original="if (swap_i) weight_q <= w_i;",
                mutant="if (swap_i & a_q != 0) weight_q <= w_i;",
                depth=6,
                show=("swap_i", "a_q", "weight_q", "sum_q", "psum_o"),
            ),
            NegativeControl(
                error="the product is not sign-extended",
                file="mac_pe.v",
                original="product_q[PSUM_W-1:0]",
                mutant="product_q[P_W-1:0]",
                depth=6,
                show=("sum_q", "psum_o"),
            ),
        ),
    ),
    Proof(
        name="pair",
        claim="two columns on one multiplier equal two products, each added in its cycle: all inputs and states",
        top="mac_pe_pair",
        rtl=("mac_pe.v",),
        parameters={"A_W": 9, "W_W": 4, "PSUM_W": 17},
        cover_depth=8,
        controls=(
            NegativeControl(
                error="the upper product keeps what the lower one has borrowed",
                file="mac_pe.v",
                original="high_q      <= high + {{(P_W - 1) {1'b0}}, low[P_W-1]};",
                mutant="high_q      <= high;",
                depth=8,
                show=("late1_q", "sum1_q", "psum1_o"),
            ),
        ),
    ),
)
