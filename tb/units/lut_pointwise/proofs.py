"""What `make formal` proves of lut_pointwise."""

from __future__ import annotations

from t2c.tb.catalogue.proof import NegativeControl, Proof

PROOFS = (
    Proof(
        name="results",
        claim="every result is the table's entry of its element, for any table; order, tlast, stalls, resets",
        top="lut_pointwise_results",
        specs=("any_table.v", "stream_stable.v"),
        rtl=("lut_pointwise.v",),
        parameters={"X_W": 8, "OUT_W": 8},
        cover_depth=6,
        controls=(
            NegativeControl(
                error="the address moves on while a result waits",
                file="lut_pointwise.v",
                original="hold ? addr_q : s_axis_tdata_i",
                mutant="(hold & ~last_q) ? addr_q : s_axis_tdata_i",
                depth=6,
                show=("x_q", "m_data", "m_valid", "stable.data_q"),
            ),
        ),
    ),
)
