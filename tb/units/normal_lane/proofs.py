"""What `make formal` proves of normal_lane."""

from __future__ import annotations

from t2c.tb.catalogue.proof import NegativeControl, Proof

SHOW = ("a_q", "p", "t_q", "t")

PROOFS = (
    Proof(
        name="t",
        claim="t = floor((x g - h) / 2^p + 1/2) for all elements, constants and shifts whose t fits; waits",
        top="normal_lane_t",
        rtl=("normal_lane.v",),
        parameters={"X_W": 8, "LEN_W": 10, "ROOT_W": 16, "T_W": 19},
        small={"X_W": 3, "LEN_W": 2, "ROOT_W": 8, "T_W": 8},
        cover_depth=5,
        controls=(
            NegativeControl(
                error="rounded down",
                file="normal_lane.v",
                original="shifted[0]};",
                mutant="1'b0};",
                depth=5,
                show=SHOW,
            ),
            NegativeControl(
                error="shifted without the sign",
                file="normal_lane.v",
                original="centred_q >>> shift_i",
                mutant="$signed($unsigned(centred_q) >> shift_i)",
                depth=5,
                show=SHOW,
            ),
        ),
    ),
)
