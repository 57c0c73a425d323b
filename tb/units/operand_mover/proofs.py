"""What `make formal` proves of operand_mover."""

from __future__ import annotations

from t2c.tb.catalogue.proof import NegativeControl, Proof

PROOFS = (
    Proof(
        name="places",
        claim="each row reads its token's word at its address and goes to its weight row, in its cycle; 2^16 of all",
        top="operand_mover_places",
        rtl=("operand_mover.v", "delay_line.v"),
        parameters={"ROWS": 4, "COLS": 2, "ADDR_W": 24},
        cover_depth=30,
        controls=(
            NegativeControl(
                error="tokens wrap",
                file="operand_mover.v",
                original="left_q - {15'd0, left_q != 16'd0}",
                mutant="left_q - 16'd1",
                depth=12,
                show=("token_q", "tokens_q", "walking_q"),
            ),
            NegativeControl(
                error="a column tile begins behind the last row of the one before",
                file="operand_mover.v",
                original="row_q == LAST_COL[ROW_W-1:0]",
                mutant="row_q == LAST_ROW[ROW_W-1:0]",
                depth=14,
                show=("raddr", "by_token_q", "n_q", "row_q"),
            ),
        ),
    ),
)
