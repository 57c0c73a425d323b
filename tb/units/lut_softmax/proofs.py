"""What `make formal` proves of lut_softmax."""

from __future__ import annotations

from t2c.tb.catalogue.proof import HarnessMemory, NegativeControl, Proof

PROOFS = (
    Proof(
        name="rows",
        claim="as many results as elements, row by row, tlast, exact latency; stable while stalled; resets",
        top="lut_softmax_rows",
        specs=("stream_stable.v",),
        rtl=("lut_softmax.v", "ram.v"),
        parameters={"X_W": 8, "DEPTH_W": 8, "E_W": 12, "OUT_W": 8, "R_W": 22, "LEN_W": 10},
        small={"X_W": 2, "DEPTH_W": 2, "E_W": 4, "OUT_W": 2, "R_W": 6, "LEN_W": 2},
        memories={"lasts": HarnessMemory(path="dut.last_q", width="LEN_W", words=2)},
        cover_depth=32,
        controls=(
            NegativeControl(
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
            "lasts": HarnessMemory(path="dut.last_q", width="LEN_W", words=2),
            "maxima": HarnessMemory(path="dut.max_q", width="X_W", words=2),
            "buffers": HarnessMemory(path="dut.i_rows.g_memory.mem", width="X_W", words=4),
        },
        cover_depth=30,
        controls=(
            NegativeControl(
                error="a remainder that equals the sum is not divided",
                file="lut_softmax.v",
                original="remainder_q >= {1'b0, sum_q}",
                mutant="remainder_q > {1'b0, sum_q}",
                depth=24,
                show=("row_q", "length_q", "s", "r", "y", "m_data"),
            ),
            NegativeControl(
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
