"""What `make formal` proves of softmax_lane."""

from __future__ import annotations

from t2c.tb.catalogue.proof import NegativeControl, Proof

SHOW = ("drop", "p2_q", "full", "y")

PROOFS = (
    Proof(
        name="y",
        claim="y of every exponential, reciprocal and width of results; both stages wait",
        top="softmax_lane_y",
        rtl=("softmax_lane.v",),
        parameters={"E_W": 16, "R_W": 32, "OUT_W": 8},
        small={"E_W": 4, "R_W": 12, "OUT_W": 8},
        cover_depth=5,
        controls=(
            NegativeControl(
                error="the bit that is worth one half comes from another width",
                file="softmax_lane.v",
                original="{{OUT_W{1'b0}}, moved[0]}",
                mutant="{{OUT_W{1'b0}}, scaled_q[0]}",
                depth=4,
                show=SHOW,
            ),
            NegativeControl(
                error="2^P is not cut where P is less than the most",
                file="softmax_lane.v",
                original="{1'b0, {OUT_W{1'b1}} >> drop_i}",
                mutant="{1'b0, {OUT_W{1'b1}}}",
                depth=4,
                show=SHOW,
            ),
        ),
    ),
)
