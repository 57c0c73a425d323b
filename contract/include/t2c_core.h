/* t2c_core.h: what firmware must know of t2c_core: registers, codes, steps, streams. C99.
   Made from t2c.contract by `python -m t2c.contract.generate`; docs/contract.md says how to add to it. */
#ifndef T2C_CORE_H
#define T2C_CORE_H

#include <stdint.h>

/* Registers: byte offsets. 32 bits each; unnamed bits read 0. */
#define T2C_REG_CONTROL   0x00u /* write: starts a program; reads 0 */
#define T2C_REG_STATUS    0x04u /* read: done and error stay until the next start */
#define T2C_REG_ERROR     0x08u /* read: 0 is none; cleared by a start */
#define T2C_REG_LAYER     0x0cu /* read: cleared by a start */
#define T2C_REG_CYCLES_LO 0x10u /* read: reading it latches the high half */
#define T2C_REG_CYCLES_HI 0x14u /* read: as it was when CYCLES_LO was last read; 0 if it never was */
#define T2C_REG_HARDWARE  0x18u /* read: 256 reads as 0 */

/* Their parts. */
#define T2C_CONTROL_START_SHIFT   0
#define T2C_CONTROL_START_MASK    0x00000001u /* starts the program */
#define T2C_STATUS_BUSY_SHIFT     0
#define T2C_STATUS_BUSY_MASK      0x00000001u /* a program is under way */
#define T2C_STATUS_DONE_SHIFT     1
#define T2C_STATUS_DONE_MASK      0x00000002u /* the last program has ended */
#define T2C_STATUS_ERROR_SHIFT    2
#define T2C_STATUS_ERROR_MASK     0x00000004u /* the last program has stopped; see ERROR */
#define T2C_ERROR_CODE_SHIFT      0
#define T2C_ERROR_CODE_MASK       0x000000ffu /* code of the last error */
#define T2C_LAYER_NUMBER_SHIFT    0
#define T2C_LAYER_NUMBER_MASK     0x0000ffffu /* layer in progress, or at which the last program ended or stopped */
#define T2C_CYCLES_LO_COUNT_SHIFT 0
#define T2C_CYCLES_LO_COUNT_MASK  0xffffffffu /* low half of the cycle count */
#define T2C_CYCLES_HI_COUNT_SHIFT 0
#define T2C_CYCLES_HI_COUNT_MASK  0xffffffffu /* high half of the cycle count */
#define T2C_HARDWARE_ROWS_SHIFT   0
#define T2C_HARDWARE_ROWS_MASK    0x000000ffu /* ROWS */
#define T2C_HARDWARE_COLS_SHIFT   8
#define T2C_HARDWARE_COLS_MASK    0x0000ff00u /* COLS */
#define T2C_HARDWARE_X_W_SHIFT    16
#define T2C_HARDWARE_X_W_MASK     0x00ff0000u /* X_W */
#define T2C_HARDWARE_W_W_SHIFT    24
#define T2C_HARDWARE_W_W_MASK     0xff000000u /* W_W */

/* Single bits. */
#define T2C_CONTROL_START 0x1u /* starts the program */
#define T2C_STATUS_BUSY   0x1u /* a program is under way */
#define T2C_STATUS_DONE   0x2u /* the last program has ended */
#define T2C_STATUS_ERROR  0x4u /* the last program has stopped; see ERROR */

/* A part of a register's word, e.g. T2C_GET(ERROR_CODE, word). */
#define T2C_GET(part, word) (((uint32_t)(word) & T2C_##part##_MASK) >> T2C_##part##_SHIFT)
/* ROWS or COLS of the HARDWARE word; 256 reads as 0. */
#define T2C_SIZE(part, word) ((T2C_GET(part, word) + 255u) % 256u + 1u)

/* What ERROR says. */
enum t2c_error {
    T2C_ERROR_NONE              = 0, /* no error since the last start */
    T2C_ERROR_UNKNOWN_OPERATION = 1, /* the operation of a step has no meaning; the program stops there */
    T2C_ERROR_MISPLACED_TLAST   = 2 /* tlast is missing on the last beat of a LOAD, WEIGHTS or PARAMS, or comes earlier; the step and the program stop after that beat */
};

/* AXI4-Lite responses. */
enum t2c_response {
    T2C_RESP_OKAY   = 0, /* done */
    T2C_RESP_SLVERR = 2 /* refused, without effect; the data read are 0 */
};

/* Field op. */
enum t2c_operation {
    T2C_OP_END        = 0, /* ends the program */
    T2C_OP_LOAD       = 1, /* WORDS words of s_axis into the activation memory, from BASE on */
    T2C_OP_RUN        = 2, /* one layer, or one part of it */
    T2C_OP_STORE      = 3, /* WORDS words of the activation memory, from BASE on, to m_axis */
    T2C_OP_WEIGHTS    = 4, /* WORDS rows of weights from s_axis into the weight memory, from BASE on */
    T2C_OP_PARAMS     = 5, /* WORDS parameter words from s_axis into the parameter memory, from BASE on */
    T2C_OP_TABLES     = 6, /* WORDS entries from s_axis into the table memory, from BASE on */
    T2C_OP_MOVE       = 7, /* activation words become weight rows, from BASE on: the stationary operand of a product of two activations */
    T2C_OP_SOFTMAX    = 8, /* OUT_PIXELS rows of the activation memory to their softmax */
    T2C_OP_LAYER_NORM = 9 /* OUT_PIXELS rows of the activation memory, normalised */
};

/* Field combine. */
enum t2c_combine {
    T2C_COMBINE_SUM  = 0, /* the accumulator adds K tiles */
    T2C_COMBINE_MAX  = 1, /* the accumulator keeps the largest of the K tiles */
    T2C_COMBINE_PAIR = 2 /* MulQuant adds each pixel of odd x to the one before it */
};

/* Field rounding. */
enum t2c_rounding {
    T2C_ROUND_FLOOR     = 0,
    T2C_ROUND_HALF_UP   = 1,
    T2C_ROUND_HALF_EVEN = 2,
    T2C_ROUND_HALF_AWAY = 3,
    T2C_ROUND_DOUBLE    = 4
};

/* A step: 32-bit words in this order. Index of each field's word: */
enum t2c_field {
    T2C_D_OP              = 0,
    T2C_D_LAYER           = 1,
    T2C_D_BASE            = 2,
    T2C_D_WORDS           = 3,
    T2C_D_IMAGES          = 4,
    T2C_D_OUT_H           = 5,
    T2C_D_OUT_W           = 6,
    T2C_D_IN_H            = 7,
    T2C_D_IN_W            = 8,
    T2C_D_STRIDE_H        = 9,
    T2C_D_STRIDE_W        = 10,
    T2C_D_PAD_H           = 11,
    T2C_D_PAD_W           = 12,
    T2C_D_TAPS            = 13,
    T2C_D_K_W             = 14,
    T2C_D_DIL_H           = 15,
    T2C_D_DIL_W           = 16,
    T2C_D_ORIGIN          = 17,
    T2C_D_COL_STEP        = 18,
    T2C_D_ROW_STEP        = 19,
    T2C_D_IMAGE_STEP      = 20,
    T2C_D_TAP_COL_STEP    = 21,
    T2C_D_TAP_ROW_STEP    = 22,
    T2C_D_CH_WORDS        = 23,
    T2C_D_ROWS_PER_TAP    = 24,
    T2C_D_TAPS_PER_TILE   = 25,
    T2C_D_K_TILES         = 26,
    T2C_D_COL_TILES       = 27,
    T2C_D_BLOCKS          = 28,
    T2C_D_WEIGHT_BASE     = 29,
    T2C_D_SAME_WEIGHTS    = 30,
    T2C_D_PARAM_BASE      = 31,
    T2C_D_X_SIGNED        = 32,
    T2C_D_X_ZERO_POINT    = 33,
    T2C_D_X2_SIGNED       = 34,
    T2C_D_X2_ZERO_POINT   = 35,
    T2C_D_Y_ZERO_POINT    = 36,
    T2C_D_Y_LO            = 37,
    T2C_D_Y_HI            = 38,
    T2C_D_ROUNDING        = 39,
    T2C_D_COMBINE         = 40,
    T2C_D_KEEP            = 41,
    T2C_D_HOLD            = 42,
    T2C_D_OUT_BASE        = 43,
    T2C_D_OUT_STEP        = 44,
    T2C_D_OUT_IMAGE_STEP  = 45,
    T2C_D_OUT_PIXELS      = 46,
    T2C_D_TABLE           = 47,
    T2C_D_TABLE_PAGE      = 48,
    T2C_D_TRANSPOSE       = 49,
    T2C_D_LANE_FIRST      = 50,
    T2C_D_LANE_LAST       = 51,
    T2C_D_ROW_LENGTH      = 52,
    T2C_D_RECIPROCAL_BITS = 53,
    T2C_D_RESULT_BITS     = 54,
    T2C_D_EPSILON_LOW     = 55,
    T2C_D_EPSILON_HIGH    = 56
};
#define T2C_DESCRIPTOR_WORDS 57

/* The same as a structure; a word is a member, so an array of words may be copied over it. */
struct t2c_descriptor {
    uint32_t op;              /* what the step does; 0..9 */
    uint32_t layer;           /* 0 loads inputs, 1 + i is node i, one above the last stores outputs; 0..65535 */
    uint32_t base;            /* first word of a transfer in its memory; of a MOVE: first weight row; 0..16777215 */
    uint32_t words;           /* words of a transfer; 1..16777215 */
    uint32_t images;          /* images to walk; 1..65535 */
    uint32_t out_h;           /* rows of output pixels to walk; 1..65535 */
    uint32_t out_w;           /* columns of output pixels to walk; 1..65535 */
    uint32_t in_h;            /* rows of the input; outside them is padding; 1..65535 */
    uint32_t in_w;            /* columns of the input; outside them is padding; of a MOVE: tokens; 1..65535 */
    uint32_t stride_h;        /* input rows from one output row to the next; 1..65535 */
    uint32_t stride_w;        /* input columns from one output column to the next; 1..65535 */
    int32_t  pad_h;           /* rows by which the first window begins above the input; negative: below its edge; -32768..32767 */
    int32_t  pad_w;           /* columns by which the first window begins left of the input; -32768..32767 */
    uint32_t taps;            /* kernel elements; 1..65535 */
    uint32_t k_w;             /* kernel width; 1..65535 */
    uint32_t dil_h;           /* input rows from tap to tap; 0..65535 */
    uint32_t dil_w;           /* input columns from tap to tap; 0..65535 */
    int32_t  origin;          /* address of tap (0, 0) of the first output pixel; of a MOVE: of its first token; else of the first row; -2147483648..2147483647 */
    int32_t  col_step;        /* from one output pixel to the next in x, or from token to token; -2147483648..2147483647 */
    int32_t  row_step;        /* from one output pixel to the next in y, or from row to row; -2147483648..2147483647 */
    int32_t  image_step;      /* from one image to the next; -2147483648..2147483647 */
    int32_t  tap_col_step;    /* from tap to tap in x; -2147483648..2147483647 */
    int32_t  tap_row_step;    /* from tap to tap in y; -2147483648..2147483647 */
    uint32_t ch_words;        /* channel words that a column tile needs; 1..65535 */
    uint32_t rows_per_tap;    /* array rows of one tap; 1..65535 */
    uint32_t taps_per_tile;   /* taps of one K tile; 1..65535 */
    uint32_t k_tiles;         /* tiles along K; 1..65535 */
    uint32_t col_tiles;       /* tiles along N; 1..65535 */
    uint32_t blocks;          /* pixel blocks; 1..65535 */
    uint32_t weight_base;     /* first weight row; 0..16777215 */
    uint32_t same_weights;    /* all K tiles of a column tile take the same weight rows; 0..1 */
    uint32_t param_base;      /* first parameter word; 0..16777215 */
    uint32_t x_signed;        /* the input is two's complement; 0..1 */
    int32_t  x_zero_point;    /* zero point of the input; -256..255 */
    uint32_t x2_signed;       /* the second operand of a pair is two's complement; 0..1 */
    int32_t  x2_zero_point;   /* zero point of the second operand of a pair; -256..255 */
    int32_t  y_zero_point;    /* zero point of the output; -256..255 */
    int32_t  y_lo;            /* lower bound of the output; -256..255 */
    int32_t  y_hi;            /* upper bound of the output; -256..255 */
    uint32_t rounding;        /* rounding mode of the output; 0..4 */
    uint32_t combine;         /* how K tiles or pixels join; 0..2 */
    uint32_t keep;            /* the accumulators already hold a part of the sums; 0..1 */
    uint32_t hold;            /* the sums are not complete at the end; no results; 0..1 */
    int32_t  out_base;        /* address of the first result; -2147483648..2147483647 */
    int32_t  out_step;        /* from result to result of an image, or from row to row; -2147483648..2147483647 */
    int32_t  out_image_step;  /* from image to image of the results; -2147483648..2147483647 */
    uint32_t out_pixels;      /* results of an image and column tile, or rows; 1..16777215 */
    uint32_t table;           /* results pass a table; 0..1 */
    uint32_t table_page;      /* page of 2^X_W entries: of that table, or of the exponentials; 0..65535 */
    uint32_t transpose;       /* tokens become columns, else rows; 0..1 */
    uint32_t lane_first;      /* bank of the first channel, in the first channel word; 0..255 */
    uint32_t lane_last;       /* bank of the last channel, in the last channel word; 0..255 */
    uint32_t row_length;      /* elements of a row; 1..1024 */
    uint32_t reciprocal_bits; /* R of softmax; 6..32 */
    uint32_t result_bits;     /* P of softmax; 2..8 */
    uint32_t epsilon_low;     /* lower 32 bits of E of LayerNorm, which is at least 1; 0..4294967295 */
    uint32_t epsilon_high;    /* bits of E above them; 0..65535 */
};
typedef char t2c_descriptor_has_no_gaps[(sizeof(struct t2c_descriptor) == 4 * T2C_DESCRIPTOR_WORDS) ? 1 : -1];

/* Streams. An activation word is rows lanes of x_w bits, a weight row cols lanes of w_w bits, lane 0 lowest;
   each is one word of the input stream, in its lowest bits. A parameter word is cols lanes
   {shift, bias, multiplier}, multiplier lowest, cut into T2C_PARAM_BEATS words, lowest first. The output
   stream has activation words. tlast marks the last word of each step. */
#define T2C_SHIFT_BITS 6
#define T2C_ADDRESS_BITS 24 /* of addresses and word counts of transfers */
#define T2C_STREAM_BITS(rows, cols, x_w, w_w) ((rows) * (x_w) > (cols) * (w_w) ? (rows) * (x_w) : (cols) * (w_w))
#define T2C_PARAM_BITS(scale_w, bias_w) ((scale_w) + (bias_w) + T2C_SHIFT_BITS)
#define T2C_PARAM_BEATS(rows, cols, x_w, w_w, scale_w, bias_w) \
    (((cols) * T2C_PARAM_BITS(scale_w, bias_w) + T2C_STREAM_BITS(rows, cols, x_w, w_w) - 1) / T2C_STREAM_BITS(rows, cols, x_w, w_w))

/* Cycles. */
#define T2C_FETCH_CYCLES 59 /* from a step's start to the next one's, at least */
#define T2C_TURN_CYCLES  1  /* from a step's done to the next one's start */

#endif
