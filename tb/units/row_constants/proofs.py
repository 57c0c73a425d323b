"""What `make formal` proves of row_constants."""

from __future__ import annotations

from t2c.tb.catalogue.proof import NegativeControl, Proof

SHOW = ("age_q", "n_q", "s_q", "q_q", "v", "half")

PROOFS = (
    Proof(
        name="row",
        claim="V, h, V' into the root, its root into the reciprocal, g = N r, h = S r, in the header's cycles; resets",
        top="row_constants_row",
        specs=("row_constants_parts.v",),
        rtl=("row_constants.v",),
        parameters={"X_W": 8, "LEN_W": 10, "E_W": 48, "ROOT_W": 16, "FRAC_W": 12},
        small={"X_W": 3, "LEN_W": 2, "E_W": 8, "ROOT_W": 8, "FRAC_W": 4},
        cover_depth=34,
        controls=(
            NegativeControl(
                error="h is rounded down",
                file="row_constants.v",
                original="if (v_q[2*pair+:2] != 2'b00)",
                mutant="if (v_q[2*pair+1])",
                depth=9,
                show=SHOW,
            ),
            NegativeControl(
                error="epsilon is forgotten",
                file="row_constants.v",
                original=" + {{(V_W - E_W) {1'b0}}, epsilon_i};",
                mutant=";",
                depth=8,
                show=SHOW,
            ),
            NegativeControl(
                error="S r is lost while it waits",
                file="row_constants.v",
                original="TIMES_S, VALID: a = s_q;",
                mutant="TIMES_S: a = s_q;",
                depth=34,
                show=SHOW,
            ),
        ),
    ),
)
