"""What `make formal` proves of mac_pe."""

from __future__ import annotations

from t2c.tb.catalogue.proof import NegativeControl, Proof

PROOFS = (
    Proof(
        name="step",
        claim="sum, shadow weight, swap and weight chain equal the specification: all inputs and states",
        top="mac_pe_step",
        rtl=("mac_pe.v",),
        parameters={"A_W": 9, "W_W": 8, "PSUM_W": 21},
        cover_depth=8,
        controls=(
            NegativeControl(
                error="a weight that arrives with the swap passes on",
                file="mac_pe.v",
                original="w_valid_i & (~full_q | swap_i)",
                mutant="w_valid_i & ~full_q",
                depth=6,
                show=("swap_q", "full_q", "w_valid_q", "w_valid_o"),
            ),
            NegativeControl(
                error="the product is not sign-extended",
                file="mac_pe.v",
                original="{product[A_W+W_W-1]}}",
                mutant="{1'b0}}",
                depth=6,
                show=("psum_q", "psum_o"),
            ),
        ),
    ),
)
