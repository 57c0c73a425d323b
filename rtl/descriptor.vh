// descriptor.vh: the step descriptor, one 32-bit word a field, field k at [k*32 +: 32]
// Made from t2c.contract by `python -m t2c.contract.generate`; docs/contract.md says how to add to it.
/* verilator lint_off UNUSEDPARAM */ // every module reads its own
localparam D_OP             = 0;  // what the step does
localparam D_LAYER          = 1;  // 0 loads inputs, 1 + i is node i, one above the last stores outputs
localparam D_BASE           = 2;  // first word in the memory
localparam D_WORDS          = 3;  // words to move
localparam D_IMAGES         = 4;  // images to walk
localparam D_OUT_H          = 5;  // rows of output pixels to walk
localparam D_OUT_W          = 6;  // columns of output pixels to walk
localparam D_IN_H           = 7;  // rows of the input; outside them is padding
localparam D_IN_W           = 8;  // columns of the input; outside them is padding
localparam D_STRIDE_H       = 9;  // input rows from one output row to the next
localparam D_STRIDE_W       = 10; // input columns from one output column to the next
localparam D_PAD_H          = 11; // rows by which the first window begins above the input; negative: below its edge
localparam D_PAD_W          = 12; // columns by which the first window begins left of the input
localparam D_TAPS           = 13; // kernel elements
localparam D_K_W            = 14; // kernel width
localparam D_DIL_H          = 15; // input rows from tap to tap
localparam D_DIL_W          = 16; // input columns from tap to tap
localparam D_ORIGIN         = 17; // address of tap (0, 0) of the first output pixel
localparam D_COL_STEP       = 18; // from one output pixel to the next in x
localparam D_ROW_STEP       = 19; // from one output pixel to the next in y
localparam D_IMAGE_STEP     = 20; // from one image to the next
localparam D_TAP_COL_STEP   = 21; // from tap to tap in x
localparam D_TAP_ROW_STEP   = 22; // from tap to tap in y
localparam D_CH_WORDS       = 23; // channel words that a column tile needs
localparam D_ROWS_PER_TAP   = 24; // array rows of one tap
localparam D_TAPS_PER_TILE  = 25; // taps of one K tile
localparam D_K_TILES        = 26; // tiles along K
localparam D_COL_TILES      = 27; // tiles along N
localparam D_BLOCKS         = 28; // pixel blocks
localparam D_WEIGHT_BASE    = 29; // first weight row
localparam D_SAME_WEIGHTS   = 30; // all K tiles of a column tile take the same weight rows
localparam D_PARAM_BASE     = 31; // first parameter word
localparam D_X_SIGNED       = 32; // the input is two's complement
localparam D_X_ZERO_POINT   = 33; // zero point of the input
localparam D_X2_SIGNED      = 34; // the second operand of a pair is two's complement
localparam D_X2_ZERO_POINT  = 35; // zero point of the second operand of a pair
localparam D_Y_ZERO_POINT   = 36; // zero point of the output
localparam D_Y_LO           = 37; // lower bound of the output
localparam D_Y_HI           = 38; // upper bound of the output
localparam D_ROUNDING       = 39; // rounding mode of the output
localparam D_COMBINE        = 40; // how K tiles or pixels join
localparam D_KEEP           = 41; // the accumulators already hold a part of the sums
localparam D_HOLD           = 42; // the sums are not complete at the end; no results
localparam D_OUT_BASE       = 43; // address of the first result
localparam D_OUT_STEP       = 44; // from result to result of an image
localparam D_OUT_IMAGE_STEP = 45; // from image to image of the results
localparam D_OUT_PIXELS     = 46; // results of an image and column tile
localparam D_FIELDS         = 47;
// D_OP
localparam OP_END     = 0;
localparam OP_LOAD    = 1;
localparam OP_RUN     = 2;
localparam OP_STORE   = 3;
localparam OP_WEIGHTS = 4;
localparam OP_PARAMS  = 5;
// D_COMBINE
localparam COMBINE_SUM  = 0;
localparam COMBINE_MAX  = 1;
localparam COMBINE_PAIR = 2;
// D_ROUNDING
localparam ROUND_FLOOR     = 0;
localparam ROUND_HALF_UP   = 1;
localparam ROUND_HALF_EVEN = 2;
localparam ROUND_HALF_AWAY = 3;
/* verilator lint_on UNUSEDPARAM */
