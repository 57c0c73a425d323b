"""What `make formal` proves of sparse_pe."""

from __future__ import annotations

from t2c.tb.catalogue.proof import NegativeControl, Proof

PROOFS = (
    Proof(
        name="step",
        claim="two products by chosen operands equal four by weights that are mostly 0: all inputs and legal codes",
        top="sparse_pe_step",
        rtl=("sparse_pe.v",),
        parameters={"A_W": 3, "W_W": 3, "PSUM_W": 8},
        cover_depth=8,
        controls=(
            NegativeControl(
                error="the second weight takes the place of the first",
                file="sparse_pe.v",
                original="wire [1:0]            place1 = weight_q[CODE_W+W_W+:2];",
                mutant="wire [1:0]            place1 = weight_q[W_W+:2];",
                depth=6,
                show=("a_q", "code_q", "line_q", "sum_q", "psum_o"),
            ),
            NegativeControl(
                error="places 1 and 2 are exchanged for the first weight",
                file="sparse_pe.v",
                original="place0[1] ? a_q[2*A_W+:A_W] : place0[0] ? a_q[A_W+:A_W] : a_q[0+:A_W];",
                mutant="place0[0] ? a_q[2*A_W+:A_W] : place0[1] ? a_q[A_W+:A_W] : a_q[0+:A_W];",
                depth=6,
                show=("a_q", "code_q", "line_q", "sum_q", "psum_o"),
            ),
        ),
    ),
)
