"""Bits of registers that no run of `make coverage` moves, each with the reason."""

from __future__ import annotations

from t2c.contract.hardware import PARAMETERS
from t2c.contract.registers import ErrorCode
from t2c.tb.coverage.register_bits import StillBits

LONG = "no run is so long"
FEW_ROWS = "an array has at most 256 rows"
BEATS = "a parameter word has at most 8 beats on these cores"
WIDE = "wider than Verilator counts"
FIRST_LANE = "a beat has a first element"
EIGHT_LANES = "a beat has at most 8 elements in these runs"
SMALL_V = "no row of these runs has so large a variance"
FULL = "a buffer of 2048 beats is not full in these runs"
ROW_BITS = (max(entry.high for entry in PARAMETERS if entry.name == "ROWS") - 1).bit_length()
"""Bits of the number of a row."""
CODE_BITS = max(ErrorCode).bit_length()
CODES = f"codes are at most {max(ErrorCode)}"

STILL: tuple[StillBits, ...] = (
    StillBits(register="core_registers.count_q", bits=range(22, 64), reason=LONG, proof="core_registers/cycles"),
    StillBits(register="core_registers.count_hi_q", bits=range(6, 32), reason=LONG, proof="core_registers/cycles"),
    # Of what a read gives, only the cycle count has these bits.
    StillBits(register="core_registers.rdata_q", bits=range(23, 24), reason=LONG, proof="core_registers/cycles"),
    StillBits(register="core_registers.rdata_q", bits=range(28, 32), reason=LONG, proof="core_registers/cycles"),
    StillBits(register="core_registers.bresp_q", bits=range(1), reason="responses are OKAY, 0, and SLVERR, 2"),
    StillBits(register="core_registers.rresp_q", bits=range(1), reason="responses are OKAY, 0, and SLVERR, 2"),
    # The first element of a beat is always the row's.
    StillBits(register="layer_norm.keep_q", bits=range(0, 48, 8), reason=FIRST_LANE),
    StillBits(register="layer_norm.end_keep_q", bits=range(1), reason=FIRST_LANE),
    StillBits(register="row_sums.keep_q", bits=range(1), reason=FIRST_LANE),
    StillBits(register="row_sums.beat_n_q", bits=range(4, 11), reason=EIGHT_LANES, proof="row_sums/sums"),
    StillBits(register="row_sums.beat_q_q", bits=range(34, 36), reason=EIGHT_LANES, proof="row_sums/sums"),
    StillBits(register="row_constants.half_q", bits=range(5, 6), reason="V has at most 55 bits, so h is at most 28"),
    StillBits(register="softmax_rows.keep1_q", bits=range(1), reason=FIRST_LANE),
    StillBits(register="softmax_rows.keep2_q", bits=range(1), reason=FIRST_LANE),
    StillBits(register="softmax_rows.keep_q", bits=range(1), reason=FIRST_LANE),
    StillBits(register="softmax_rows.keeps_q", bits=range(0, 24, 8), reason=FIRST_LANE),
    StillBits(register="row_total.beat_q", bits=range(19, 26), reason=EIGHT_LANES, proof="row_total/sums"),
    StillBits(register="row_constants.v_q", bits=range(48, 50), reason=SMALL_V, proof="row_constants/row"),
    StillBits(register="row_feeder.row_q", bits=range(9, 24), reason=LONG, proof="row_feeder/beats"),
    StillBits(register="row_writer.row_q", bits=range(9, 24), reason=LONG, proof="row_writer/places"),
    StillBits(register="beat_ring.level_q", bits=range(11, 12), reason=FULL, proof="beat_ring/order"),
    StillBits(register="layer_norm.level_q", bits=range(11, 12), reason=FULL),
    # With one lane, the only element of a row's last beat.
    *(
        StillBits(register=name, bits=range(11, 12), reason=FIRST_LANE)
        for name in (
            *("row_maximum.max_tag_q", "row_reciprocal.tag_q"),
            *("softmax_rows.tag0_q", "softmax_rows.sum_tag_q"),
        )
    ),
    StillBits(register="operand_mover.word_q", bits=range(15, 16), reason=LONG, proof="operand_mover/places"),
    StillBits(register="output_writer.pixel_q", bits=range(21, 24), reason=LONG, proof="output_writer/places"),
    StillBits(register="program_sequencer.addr_q", bits=range(18, 20), reason=LONG, proof="program_sequencer/words"),
    StillBits(register="program_sequencer.desc_o", bits=range(0), reason=WIDE, proof="program_sequencer/words"),
    StillBits(register="program_sequencer.shadow_q", bits=range(0), reason=WIDE, proof="program_sequencer/words"),
    StillBits(
        register="program_sequencer.error_code_o",
        bits=range(CODE_BITS, 8),
        reason=f"codes are at most {max(ErrorCode)}",
    ),
    StillBits(register="stream_loader.left_q", bits=range(19, 24), reason=LONG, proof="stream_loader/words"),
    StillBits(register="stream_loader.beat_q", bits=range(3, 4), reason=BEATS, proof="stream_loader/beats"),
    StillBits(register="stream_storer.left_q", bits=range(19, 24), reason=LONG, proof="stream_storer/words"),
    *(
        StillBits(register=f"tile_loader.{name}", bits=range(ROW_BITS, 16), reason=FEW_ROWS)
        for name in ("channel_q", "tap_in_tile_q")
    ),
)
