"""What `make formal` proves of softmax_rows; its parts have proofs of their own."""

from __future__ import annotations

from t2c.tb.catalogue.proof import NegativeControl, Proof

SHOW = ("m_valid", "ready_i", "m_data", "m_last")

PROOFS = (
    Proof(
        name="stalls",
        claim="results, tkeep and tlast wait unchanged; no row is summed over another; resets",
        top="softmax_rows_stalls",
        specs=("stream_stable.v",),
        rtl=(
            *("softmax_rows.v", "row_intake.v", "row_maximum.v", "beat_ring.v", "row_reader.v", "row_total.v"),
            *("row_reciprocal.v", "reciprocal.v", "softmax_lane.v", "ram.v"),
        ),
        parameters={"X_W": 8, "LEN_W": 10, "E_W": 16, "R_W": 32, "OUT_W": 8},
        small={"X_W": 2, "LEN_W": 2, "E_W": 4, "R_W": 6, "OUT_W": 2},
        cover_depth=44,
        controls=(
            NegativeControl(
                error="a lane that does not wait",
                file="softmax_rows.v",
                original="                .hold_i (hold),\n                .e_i",
                mutant="                .hold_i (hold & (lane == 0)),\n                .e_i",
                depth=26,
                show=SHOW,
            ),
            NegativeControl(
                error="a row's last beat is read while the sum of the row before waits",
                file="softmax_rows.v",
                original="(~exps_room | (sum_last & summing_q))",
                mutant="(~exps_room | (sum_last & summing_q & sum_full))",
                depth=30,
                show=SHOW,
            ),
        ),
    ),
)
