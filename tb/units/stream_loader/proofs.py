"""What `make formal` proves of stream_loader."""

from __future__ import annotations

from t2c.tb.catalogue.proof import NegativeControl, Proof

CONTROLS = (
    NegativeControl(
        error="an activation beat moves the parameter beats on",
        file="stream_loader.v",
        original="                    if (par_q | tbl_q) beats_q[0+:",
        mutant="                    if ((par_q | tbl_q) & (beat_q != 0)) beats_q[0+:",
        depth=12,
        show=("kind_q", "beats_q", "par_wdata"),
    ),
    NegativeControl(
        error="a misplaced tlast on the last beat of a word is overlooked",
        file="stream_loader.v",
        original="beat & (s_axis_tlast_i != last)",
        mutant="beat & (s_axis_tlast_i != (last | word & s_axis_tlast_i))",
        depth=8,
        show=("word_q", "words_q", "wrong_q", "misplaced"),
    ),
)
FEW_BEATS = {"S_W": 8, "ADDR_W": 24, "PAR_W": 20, "PAR_BEATS": 3}
PROOFS = (
    Proof(
        name="words",
        claim="every beat goes where the step says, none twice; words of three and two beats; tlast judged; resets",
        top="stream_loader_words",
        rtl=("stream_loader.v",),
        parameters=FEW_BEATS,
        cover_depth=12,
        controls=CONTROLS,
    ),
    Proof(
        name="beats",
        claim="the same of words of 49 and four beats, the most that there are",
        top="stream_loader_words",
        rtl=("stream_loader.v",),
        parameters={"S_W": 4, "ADDR_W": 24, "PAR_W": 196, "PAR_BEATS": 49},
        small=FEW_BEATS,
        cover_depth=12,
        controls=CONTROLS,
    ),
)
