"""All proofs of `make formal`."""

from __future__ import annotations

from formal.proof import Memory, Proof, Twin

MULQUANT = (
    Proof(
        unit="mulquant",
        name="results",
        claim="every result equals the specification: all inputs, rounding modes, pairs, stalls, resets",
        top="mulquant_results",
        specs=("mulquant_sum_spec.v", "mulquant_round_spec.v", "stream_stable.v"),
        rtl=("mulquant.v",),
        parameters={"ACC_W": 32, "SCALE_W": 16, "BIAS_W": 40, "SHIFT_W": 6, "OUT_W": 8},
        cover_depth=8,
        twins=(
            Twin(
                error="half_even sends ties to the odd neighbour",
                file="mulquant.v",
                original="~shifted[1]) |",
                mutant="shifted[1]) |",
                depth=6,
                show=("p3_q", "shift3_q", "rounding_i", "rounded3", "q3", "m_data"),
            ),
            Twin(
                error="the bias is not sign-extended",
                file="mulquant.v",
                original="{{(P_W - BIAS_W) {bias[BIAS_W-1]}}, bias}",
                mutant="{{(P_W - BIAS_W) {1'b0}}, bias}",
                depth=6,
                show=("p3_q", "shift3_q", "rounding_i", "rounded3", "q3", "m_data"),
            ),
            Twin(
                error="a reset leaves half a pair behind",
                file="mulquant.v",
                original="            partial_q <= 1'b0;\n",
                mutant="",
                depth=8,
                show=("p3_q", "shift3_q", "rounding_i", "rounded3", "q3", "m_data"),
            ),
            Twin(
                error="a result is not held while it waits",
                file="mulquant.v",
                original="if (!hold) begin",
                mutant="if (!hold | (valid2_q & ~valid1_q)) begin",
                depth=8,
                show=("inside3_q", "q3", "m_valid", "m_data"),
            ),
        ),
    ),
)

MAC_PE = (
    Proof(
        unit="mac_pe",
        name="step",
        claim="sum, shadow weight, swap and weight chain equal the specification: all inputs and states",
        top="mac_pe_step",
        rtl=("mac_pe.v",),
        parameters={"A_W": 9, "W_W": 8, "PSUM_W": 21},
        cover_depth=8,
        twins=(
            Twin(
                error="a weight that arrives with the swap passes on",
                file="mac_pe.v",
                original="w_valid_i & (~full_q | swap_i)",
                mutant="w_valid_i & ~full_q",
                depth=6,
                show=("swap_q", "full_q", "w_valid_q", "w_valid_o"),
            ),
            Twin(
                error="the product is not sign-extended",
                file="mac_pe.v",
                original="{product[A_W+W_W-1]}}",
                mutant="{1'b0}}",
                depth=6,
                show=("psum_q", "psum_o"),
            ),
        ),
    ),
)

STREAMS = (
    Proof(
        unit="axis_fifo",
        name="order",
        claim="no word lost, repeated, changed or overtaken; stable while stalled; empty after a reset",
        top="axis_fifo_order",
        specs=("stream_stable.v",),
        rtl=("axis_fifo.v",),
        parameters={"W": 8},
        memories={"words": Memory(path="dut.mem", width="W", words=8)},
        cover_depth=28,
        twins=(
            Twin(
                error="a word is lost when one comes and one goes in the same cycle",
                file="axis_fifo.v",
                original="        if (push) begin",
                mutant="        if (push & ~(pop & head_q[0])) begin",
                depth=8,
                show=("inside_q", "m_valid", "s_ready"),
            ),
        ),
    ),
    Proof(
        unit="stream_storer",
        name="words",
        claim="exactly the words of the step, in order, one a cycle, tlast with the last; stable while stalled; resets",
        top="stream_storer_words",
        specs=("stream_stable.v",),
        rtl=("stream_storer.v", "axis_fifo.v", "delay_line.v"),
        parameters={"W": 8, "ADDR_W": 12, "WORDS_W": 12},
        small={"W": 2, "ADDR_W": 3, "WORDS_W": 5},
        memories={"slots": Memory(path="dut.i_fifo.mem", width="W+1", words=8)},
        cover_depth=20,
        twins=(
            Twin(
                error="a credit too many",
                file="stream_storer.v",
                original="CREDITS = {1'b1, {DEPTH_W{1'b0}}};",
                mutant="CREDITS = {1'b1, {DEPTH_W{1'b0}}} + 1'b1;",
                depth=20,
                show=("taken_q", "words_q", "m_valid", "m_last"),
            ),
        ),
    ),
    Proof(
        unit="stream_loader",
        name="words",
        claim="every beat goes where the step says, none twice; words of three beats; tlast judged; resets",
        top="stream_loader_words",
        rtl=("stream_loader.v",),
        parameters={"S_W": 8, "ADDR_W": 24, "PAR_W": 20},
        cover_depth=12,
        twins=(
            Twin(
                error="an activation beat moves the parameter beats on",
                file="stream_loader.v",
                original="                    if (par_q) beats_q[0+:",
                mutant="                    if (par_q & (beat_q != 0)) beats_q[0+:",
                depth=12,
                show=("kind_q", "beats_q", "par_wdata"),
            ),
            Twin(
                error="a misplaced tlast on the last beat of a word is overlooked",
                file="stream_loader.v",
                original="beat & (s_axis_tlast_i != last)",
                mutant="beat & (s_axis_tlast_i != (last | word & s_axis_tlast_i))",
                depth=8,
                show=("word_q", "words_q", "wrong_q", "misplaced"),
            ),
        ),
    ),
    Proof(
        unit="ram",
        name="words",
        claim="reads the word at the address; a write changes that word and no other: all contents and inputs",
        top="ram_words",
        rtl=("ram.v",),
        parameters={"W": 8, "ADDR_W": 3},
        memories={"words": Memory(path="dut.mem", width="W", words=8)},
        cover_depth=5,
        twins=(
            Twin(
                error="a read beside a write sees the new word",
                file="ram.v",
                original="rdata_o <= mem[raddr_i];\n",
                mutant="rdata_o <= (we_i & waddr_i == raddr_i) ? wdata_i : mem[raddr_i];\n",
                depth=4,
                show=("rdata_q", "rdata"),
            ),
        ),
    ),
    Proof(
        unit="lut_pointwise",
        name="results",
        claim="every result is the table's entry of its element, for any table; order, tlast, stalls, resets",
        top="lut_pointwise_results",
        specs=("any_table.v", "stream_stable.v"),
        rtl=("lut_pointwise.v",),
        parameters={"X_W": 8, "OUT_W": 8},
        cover_depth=6,
        twins=(
            Twin(
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

SOFTMAX = (
    Proof(
        unit="lut_softmax",
        name="rows",
        claim="as many results as elements, row by row, tlast, exact latency; stable while stalled; resets",
        top="lut_softmax_rows",
        specs=("stream_stable.v",),
        rtl=("lut_softmax.v", "ram.v"),
        parameters={"X_W": 8, "DEPTH_W": 8, "E_W": 12, "OUT_W": 8, "R_W": 22, "LEN_W": 10},
        small={"X_W": 2, "DEPTH_W": 2, "E_W": 4, "OUT_W": 2, "R_W": 6, "LEN_W": 2},
        memories={"lasts": Memory(path="dut.last_q", width="LEN_W", words=2)},
        cover_depth=32,
        twins=(
            Twin(
                error="a row that ends while another leaves is forgotten",
                file="lut_softmax.v",
                original="            full_q[fill_q] <= 1'b1;",
                mutant="            full_q[fill_q] <= ~row_out;",
                depth=40,
                show=("rows_q", "m_valid", "s_ready"),
            ),
        ),
    ),
    Proof(
        unit="lut_softmax",
        name="values",
        claim="every result equals the specification: rows of one and two elements, any table, stalls, resets",
        top="lut_softmax_rows",
        specs=("any_table.v", "stream_stable.v"),
        includes=("lut_softmax_values.vh",),
        defines=("VALUES",),
        rtl=("lut_softmax.v",),
        parameters={"X_W": 4, "DEPTH_W": 3, "E_W": 5, "OUT_W": 4, "R_W": 11, "LEN_W": 1},
        small={"X_W": 2, "DEPTH_W": 1, "E_W": 4, "OUT_W": 2, "R_W": 6},
        memories={
            "lasts": Memory(path="dut.last_q", width="LEN_W", words=2),
            "maxima": Memory(path="dut.max_q", width="X_W", words=2),
            "buffers": Memory(path="dut.i_rows.g_memory.mem", width="X_W", words=4),
        },
        cover_depth=30,
        twins=(
            Twin(
                error="a remainder that equals the sum is not divided",
                file="lut_softmax.v",
                original="remainder_q >= {1'b0, sum_q}",
                mutant="remainder_q > {1'b0, sum_q}",
                depth=24,
                show=("row_q", "length_q", "s", "r", "y", "m_data"),
            ),
            Twin(
                error="the largest element of the row before last counts",
                file="lut_softmax.v",
                original="first | (element >",
                mutant="(first & ~full_q[~fill_q]) | (element >",
                depth=44,
                show=("row_q", "length_q", "s", "r", "y", "m_data"),
            ),
        ),
    ),
)

PROOFS = (*MULQUANT, *MAC_PE, *STREAMS, *SOFTMAX)
