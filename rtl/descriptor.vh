// Step descriptor: one 32-bit word a field, field k at [k*32 +: 32]. The same list, with what each field means and
// its limits, is contract/descriptor.py; a test holds the two together.
/* verilator lint_off UNUSEDPARAM */ // every module reads its own fields
localparam D_OP              = 0;
localparam D_LAYER           = 1;
localparam D_BASE            = 2;
localparam D_WORDS           = 3;
localparam D_IMAGES          = 4;
localparam D_OUT_H           = 5;
localparam D_OUT_W           = 6;
localparam D_IN_H            = 7;
localparam D_IN_W            = 8;
localparam D_STRIDE_H        = 9;
localparam D_STRIDE_W        = 10;
localparam D_PAD_H           = 11;
localparam D_PAD_W           = 12;
localparam D_TAPS            = 13;
localparam D_K_W             = 14;
localparam D_DIL_H           = 15;
localparam D_DIL_W           = 16;
localparam D_ORIGIN          = 17;
localparam D_COL_STEP        = 18;
localparam D_ROW_STEP        = 19;
localparam D_IMAGE_STEP      = 20;
localparam D_TAP_COL_STEP    = 21;
localparam D_TAP_ROW_STEP    = 22;
localparam D_CH_WORDS        = 23;
localparam D_ROWS_PER_TAP    = 24;
localparam D_TAPS_PER_TILE   = 25;
localparam D_K_TILES         = 26;
localparam D_COL_TILES       = 27;
localparam D_BLOCKS          = 28;
localparam D_WEIGHT_BASE     = 29;
localparam D_SAME_WEIGHTS    = 30;
localparam D_PARAM_BASE      = 31;
localparam D_X_SIGNED        = 32;
localparam D_X_ZERO_POINT    = 33;
localparam D_X2_SIGNED       = 34;
localparam D_X2_ZERO_POINT   = 35;
localparam D_Y_ZERO_POINT    = 36;
localparam D_Y_LO            = 37;
localparam D_Y_HI            = 38;
localparam D_ROUNDING        = 39;
localparam D_COMBINE         = 40;
localparam D_KEEP            = 41;
localparam D_HOLD            = 42;
localparam D_OUT_BASE        = 43;
localparam D_OUT_STEP        = 44;
localparam D_OUT_IMAGE_STEP  = 45;
localparam D_OUT_PIXELS      = 46;
localparam D_FIELDS          = 47;
// D_OP
localparam OP_END = 0, OP_LOAD = 1, OP_RUN = 2, OP_STORE = 3, OP_WEIGHTS = 4, OP_PARAMS = 5;
// D_COMBINE: how K tiles (SUM, MAX) or neighbouring pixels (PAIR) join
localparam COMBINE_SUM = 0, COMBINE_MAX = 1, COMBINE_PAIR = 2;
/* verilator lint_on UNUSEDPARAM */
