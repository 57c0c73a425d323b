"""What `make formal` proves of layer_norm; its parts have proofs of their own."""

from __future__ import annotations

from t2c.tb.catalogue.proof import NegativeControl, Proof

SHOW = ("m_valid", "ready_i", "m_data", "m_last")

PROOFS = (
    Proof(
        name="stalls",
        claim="results, tkeep and tlast wait unchanged, all lanes in step; what is left out is 0; resets",
        top="layer_norm_stalls",
        specs=("stream_stable.v",),
        rtl=(
            *("layer_norm.v", "row_sums.v", "row_constants.v", "integer_root.v", "reciprocal.v"),
            *("normal_lane.v", "mulquant.v", "ram.v"),
        ),
        parameters={
            **{"X_W": 8, "LEN_W": 10, "E_W": 48, "ROOT_W": 16, "FRAC_W": 12},
            **{"SCALE_W": 16, "BIAS_W": 40, "SHIFT_W": 6, "OUT_W": 8},
        },
        small={
            **{"X_W": 2, "LEN_W": 2, "E_W": 2, "ROOT_W": 8, "FRAC_W": 4},
            **{"SCALE_W": 2, "BIAS_W": 2, "SHIFT_W": 1, "OUT_W": 2},
        },
        cover_depth=48,
        controls=(
            NegativeControl(
                error="a MulQuant that does not wait",
                file="layer_norm.v",
                original=".m_axis_tready_i (m_axis_tready_i)",
                mutant=".m_axis_tready_i (1'b1)",
                depth=48,
                show=SHOW,
            ),
        ),
    ),
)
