"""Planted faults of width and range: a counter or an address cut by bits, a field or number ignored above a bit.

Each belongs to an edge package on a build, which `make regress` and the campaign of a layer engine both run.
"""

from __future__ import annotations

from dataclasses import replace

from tests.tb.switched_faults import Fault


def _fault(file: str, around: str, text: str, wrong: str, edge: str, build: str = "deep") -> Fault:
    """A text that becomes wrong where {} stands in another."""
    return Fault(name="", file=file, around=around, text=text, wrong=wrong, by=f"{edge}.{build}")


def _cut(file: str, text: str, bits: int, edge: str, build: str = "deep") -> Fault:
    """A comparison `counter == last` of which only the lowest bits count."""
    counter, last = text.strip("()").split(" == ")
    mask = (1 << bits) - 1
    return _fault(file, "{}", text, f"((({counter}) & {mask}) == (({last}) & {mask}))", edge, build)


def _mask(file: str, around: str, value: str, bits: int, edge: str, build: str = "deep", *, size: str = "") -> Fault:
    """A value in a text, where {} stands for it, that loses its upper bits. size: of the mask, where it matters."""
    return _fault(file, around, value, f"({value} & {size}{(1 << bits) - 1})", edge, build)


def _narrow(value: str, width: str, bits: int) -> str:
    """A signed number of so many bits, where its width, a parameter, is larger."""
    shift = f"({width} > {bits} ? {width} - {bits} : 0)"
    return f"$signed(($signed({value}) <<< {shift}) >>> {shift})"


SEQUENCER, LOADER, WRITER, WINDOW = "pixel_sequencer.v", "tile_loader.v", "output_writer.v", "window_row.v"
ENGINE, MULQUANT = "layer_engine.v", "mulquant.v"
MULTIPLIER = "s_axis_tdata_i[ACC_W+:SCALE_W]"

REPORTED = {
    "accumulator of 24 bits": _fault(
        "accumulator.v", "if (valid_i) sum_o <= {};", "sum", _narrow("sum", "ACC_W", 24), "top-accumulator"
    ),
    "heights of 128": _mask(WINDOW, "(iy < {})", "in_h_i", 7, "longest-vertical"),
    "widths above 64": _mask(WINDOW, "(ix < {})", "in_w_i", 6, "longest-horizontal"),
    "maps above 1024 pixels": _cut(WRITER, "(pixel_q == pixels_i - 24'd1)", 10, "pixels"),
    "more than 128 K tiles, sequencer": _cut(SEQUENCER, "(k_tile_q == k_tiles_i - 16'd2)", 7, "k-tiles"),
    "more than 128 K tiles, loader": _cut(LOADER, "(k_tile_q == k_tiles_i - 16'd2)", 7, "k-tiles"),
    "more than 32 column tiles, sequencer": _cut(SEQUENCER, "(col_tile_q == col_tiles_i - 16'd2)", 5, "column-tiles"),
    "more than 32 column tiles, loader": _cut(LOADER, "(col_tile_q == col_tiles_i - 16'd2)", 5, "column-tiles"),
    "vertical strides of 4": _mask(SEQUENCER, "iy0_q + {};", "stride_h_i", 2, "strides-vertical", size="16'd"),
    "horizontal strides of 4": _mask(SEQUENCER, "ix0_q + {};", "stride_w_i", 2, "strides-horizontal", size="16'd"),
    "vertical dilations of 4": _mask(LOADER, "dy_q + {};", "dil_h_i", 2, "dilations-vertical"),
    "horizontal dilations of 4": _mask(LOADER, "dx_q + {};", "dil_w_i", 2, "dilations-horizontal"),
    "vertical padding of 4": _mask(SEQUENCER, "{GEO_W{1'b0}} - {};", "pad_h_i", 2, "paddings-vertical"),
    "horizontal padding of 4": _mask(SEQUENCER, "{GEO_W{1'b0}} - {};", "pad_w_i", 2, "paddings-horizontal"),
    "weight address of 17 bits": _mask(LOADER, "rom_addr_o   = {};", "addr_q", 17, "k-tiles"),
    "cycle count of 20 bits": _mask(
        "core_registers.v",
        "if (running_q & ~ending) count_q <= {} +",
        "count_q",
        20,
        "cycles",
    ),
    "parameters of a pair in several column tiles": _fault(
        SEQUENCER,
        "{}",
        "{{(PAR_ADDR_W - 2) {1'b0}}, pair_i, ~pair_i}",
        "{{(PAR_ADDR_W - 2) {1'b0}}, 1'b0, 1'b1}",
        "sums-of-words",
        "shallow",
    ),
}
"""What an attack planted and nothing noticed."""

COUNTERS = {
    "columns of output": _cut(SEQUENCER, "(ox_q == out_w_i - 16'd2)", 14, "longest-horizontal"),
    "rows of output": _cut(SEQUENCER, "(oy_q == out_h_i - 16'd2)", 14, "longest-vertical"),
    "images of the walk": _cut(SEQUENCER, "(image_q == images_i - 16'd2)", 8, "images"),
    "images of the results": _cut(WRITER, "(image_q == images_i - 16'd1)", 8, "images"),
    "pixels of the results": _cut(WRITER, "(pixel_q == pixels_i - 24'd1)", 16, "pixels"),
    "blocks": _cut(LOADER, "(block_q == blocks_i - 16'd2)", 8, "blocks", "narrow"),
    "K tiles, 15 bits": _cut(SEQUENCER, "(k_tile_q == k_tiles_i - 16'd2)", 15, "k-tiles"),
    "column tiles, 15 bits": _cut(LOADER, "(col_tile_q == col_tiles_i - 16'd2)", 15, "column-tiles"),
    "words of channels": _cut(LOADER, "(word_q == ch_words_i - 16'd2)", 8, "channel-words"),
    "words of channels, 15 bits": _cut(LOADER, "(word_q == ch_words_i - 16'd2)", 15, "k-tiles"),
    "taps": _mask(LOADER, "(tap_q < {})", "taps_i", 15, "taps"),
    "kernel width": _cut(LOADER, "(kx_q == k_w_i - 16'd2)", 11, "kernels-horizontal"),
    "pixel of a block": _mask(SEQUENCER, "acc_addr_o   = {};", "index_q", 14, "longest-vertical"),
    "coordinates": _mask(WINDOW, "iy = {} + dy;", "px_iy0_i", 13, "longest-vertical"),
    "left padding is the top's": _fault(
        ENGINE, ".pad_w_i({})", "desc_i[D_PAD_W*32+:GEO_W]", "desc_i[D_PAD_H*32+:GEO_W]", "sides"
    ),
    "layer": _fault(
        "program_sequencer.v",
        "{}",
        "layer_o = desc_o[D_LAYER*32+:16];",
        "layer_o = {8'd0, desc_o[D_LAYER*32+:8]};",
        "layers",
    ),
    "program address": _mask("program_sequencer.v", ".raddr_i({})", "addr_q", 14, "layers"),
    "words of a load": _fault(
        "stream_loader.v", "{}", "waddr_o     <= next_q;", "waddr_o     <= next_q & 24'h7fff;", "pixels"
    ),
    "address of a store": _fault(
        "stream_storer.v", "{}", "addr_q <= base_i;", "addr_q <= base_i & 16'hffff;", "pixels"
    ),
}

ADDRESSES = {
    "origin": _mask(ENGINE, ".origin_i({})", "desc_i[D_ORIGIN*32+:ACT_ADDR_W]", 14, "sums"),
    "column step": _mask(ENGINE, ".col_step_i({})", "desc_i[D_COL_STEP*32+:ACT_ADDR_W]", 14, "sums"),
    "row step": _mask(ENGINE, ".row_step_i({})", "desc_i[D_ROW_STEP*32+:ACT_ADDR_W]", 11, "strides-vertical"),
    "image step": _mask(ENGINE, ".image_step_i({})", "desc_i[D_IMAGE_STEP*32+:ACT_ADDR_W]", 2, "images"),
    "tap row step": _mask(
        ENGINE, ".tap_row_step_i({})", "desc_i[D_TAP_ROW_STEP*32+:ACT_ADDR_W]", 11, "dilations-vertical"
    ),
    "tap column step": _mask(
        ENGINE, ".tap_col_step_i({})", "desc_i[D_TAP_COL_STEP*32+:ACT_ADDR_W]", 11, "dilations-horizontal"
    ),
    "offset of a tap": _mask(WINDOW, "px_base_i + {};", "offset", 12, "dilations-vertical"),
    "words of a tap": _mask(LOADER, "tap_offset_q + {};", "word_wide[ADDR_W-1:0]", 8, "channel-words"),
    "address of an operand": _mask(SEQUENCER, "px_base_o    = {};", "addr_q", 16, "pixels"),
    "first result": _mask(ENGINE, ".base_i({})", "desc_i[D_OUT_BASE*32+:ACT_ADDR_W]", 14, "sums"),
    "result step": _mask(ENGINE, ".step_i({})", "desc_i[D_OUT_STEP*32+:ACT_ADDR_W]", 7, "channel-words"),
    "result image step": _mask(ENGINE, ".image_step_i({})", "desc_i[D_OUT_IMAGE_STEP*32+:ACT_ADDR_W]", 3, "images"),
    "parameter address": _mask(SEQUENCER, "param_addr_o = {} +", "param_q", 15, "column-tiles"),
    "weight base": _mask(ENGINE, ".weight_base_i({})", "desc_i[D_WEIGHT_BASE*32+:WGT_ADDR_W]", 10, "kernels-vertical"),
    "column tile begins again": _mask(LOADER, "addr_q     <= {};", "col_addr_q", 4, "blocks", "narrow"),
}

NUMBERS = {
    "shift of 5 bits": _mask(
        MULQUANT, "shift_q   <= {{(6 - SHIFT_W) {1'b0}}, {}};", "shift", 5, "constants", size="6'd"
    ),
    "ties of shifts above 35": _fault(
        MULQUANT,
        "{}",
        "|(doubled & ~kept);",
        "(shift_q > 35) | (|(doubled & ~kept));",
        "constants",
    ),
    "bias of 30 bits": _fault(
        MULQUANT,
        "{}",
        "{{(P_W - BIAS_W) {bias[BIAS_W-1]}}, bias}",
        _narrow("{{(P_W - BIAS_W) {bias[BIAS_W-1]}}, bias}", "P_W", 30),
        "constants",
    ),
    "bias without its sign": _fault(
        MULQUANT,
        "{}",
        "{{(P_W - BIAS_W) {bias[BIAS_W-1]}}, bias}",
        "{{(P_W - BIAS_W) {1'b0}}, bias}",
        "constants",
    ),
    "multiplier of 14 bits": _fault(MULQUANT, "{}", MULTIPLIER, _narrow(MULTIPLIER, "SCALE_W", 14), "constants"),
    "multiplier of 24 bits": _fault(
        MULQUANT, "{}", MULTIPLIER, _narrow(MULTIPLIER, "SCALE_W", 24), "constants", "split"
    ),
    "bias of 45 bits": _fault(
        MULQUANT,
        "{}",
        "{{(P_W - BIAS_W) {bias[BIAS_W-1]}}, bias}",
        _narrow("{{(P_W - BIAS_W) {bias[BIAS_W-1]}}, bias}", "P_W", 45),
        "constants",
        "tall",
    ),
    "product of 40 bits": _fault(
        MULQUANT,
        "{}",
        "{{(P_W - PROD_W) {product_q[PROD_W-1]}}, product_q}",
        _narrow("{{(P_W - PROD_W) {product_q[PROD_W-1]}}, product_q}", "P_W", 40),
        "top-accumulator",
    ),
    "input zero point without its highest bit": _fault(
        ENGINE,
        "{}",
        "x_zero_point  = desc_i[D_X_ZERO_POINT*32+:X_W+1];",
        "x_zero_point  = {desc_i[D_X_ZERO_POINT*32+X_W-1], desc_i[D_X_ZERO_POINT*32+:X_W]};",
        "zero-points",
        "shallow",
    ),
    "second zero point without its highest bit": _fault(
        ENGINE,
        "{}",
        "x2_zero_point = desc_i[D_X2_ZERO_POINT*32+:X_W+1];",
        "x2_zero_point = {1'b0, desc_i[D_X2_ZERO_POINT*32+:X_W]};",
        "zero-points",
        "shallow",
    ),
    "output zero point as unsigned": _fault(
        MULQUANT,
        "{}",
        "{2{zero_point_i[OUT_W]}}",
        "2'b00",
        "zero-points",
        "shallow",
    ),
    "upper bound as signed": _fault(
        MULQUANT,
        "{}",
        "{{2{hi_i[OUT_W]}}, hi_i}",
        "{{3{hi_i[OUT_W-1]}}, hi_i[OUT_W-1:0]}",
        "zero-points",
        "shallow",
    ),
    "groups beyond the second": _fault(
        WRITER, "{}", "assign group_o = group_q;", "assign group_o = group_q & 1'b1;", "groups", "narrow"
    ),
    "groups beyond the sixteenth": _fault(
        WRITER, "{}", "assign group_o = group_q;", "assign group_o = group_q & 15;", "groups", "tall"
    ),
    "rows beyond the sixteenth": _fault(
        LOADER, "{}", "row_q & {ROWS{load}}", "(row_q | row_q >> 16) & {ROWS{load}}", "copies", "tall"
    ),
    "rows of a tap": _fault(
        ENGINE,
        ".rows_per_tap_i({})",
        "desc_i[D_ROWS_PER_TAP*32+:16]",
        "{14'd0, desc_i[D_ROWS_PER_TAP*32+:2]}",
        "copies",
        "narrow",
    ),
}

OUTSIDE = ("core_registers.v", "program_sequencer.v", "stream_loader.v", "stream_storer.v")
"""Files whose faults are not inside a layer engine, so that its campaign need not see them."""

FAULTS = {name: replace(fault, name=name) for name, fault in (REPORTED | COUNTERS | ADDRESSES | NUMBERS).items()}
"""By name. `by`: edge package and build."""
