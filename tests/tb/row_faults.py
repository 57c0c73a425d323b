"""Faults in the parts of units that take rows in beats: the test that must fail, what stands there, the fault."""

from __future__ import annotations

INTAKE = {
    "lanes beyond the end count": ("corners", "~last_i | (&keep_i[lane:1])", "1'b1"),
    "keep is no prefix": ("corners", "(&keep_i[lane:1])", "keep_i[lane]"),
    "keep counts in every beat": ("random_data", "~last_i | (&keep_i[lane:1])", "(&keep_i[lane:1])"),
    "lane 0 may not count": ("corners", "assign counts_o[lane] = 1'b1;", "assign counts_o[lane] = keep_i[0];"),
    "longest row not ended": ("overlong_rows", "last_i | longest;", "last_i;"),
    "longest row is too long": ("corners", "if (longest & ~last_i) overlong_q", "if (longest) overlong_q"),
    "overlong unseen": ("overlong_rows", "overlong_q <= 1'b1;", "overlong_q <= 1'b0;"),
    "overlong not reset": ("overlong_rows", "            overlong_q <= 1'b0;\n", ""),
    "half a row not reset": ("reset_in_mid_row", "            taken_q    <= {BEAT_W{1'b0}};\n", ""),
}
RING = {
    "more than it holds": ("standstill", "= ~level_q[PTR_W];", "= 1'b1;"),
    "half of it used": ("timing", "= ~level_q[PTR_W];", "= ~(|level_q[PTR_W:PTR_W-1]);"),
    "a beat is freed too early": ("standstill", "free = valid_q & ~hold_i;", "free = read_i & ~hold_i;"),
    "a beat is not held": ("stalls", "hold_i ? addr_q : read_q", "read_q"),
    "a beat is freed while it is held": ("standstill", "free = valid_q & ~hold_i;", "free = valid_q;"),
    "level not reset": ("reset_in_mid_row", "            level_q <= {(PTR_W + 1) {1'b0}};\n", ""),
    "write pointer not reset": ("reset_in_mid_row", "            write_q <= {PTR_W{1'b0}};\n", ""),
}
READER = {
    "last beat one early": ("corners", "(index_q == end_q)", "(index_q + 1'b1 >= end_q)"),
    "a row is taken before the one before is read": ("standstill", "~hold_i & (~read_q | last_o)", "~hold_i"),
    "a cycle lost between rows": ("timing", "~hold_i & (~read_q | last_o)", "~hold_i & ~read_q"),
    "reading not reset": ("reset_in_mid_row", "            read_q  <= 1'b0;\n", ""),
    "index not reset": ("reset_in_mid_row", "            index_q <= {BEAT_W{1'b0}};\n", ""),
}
