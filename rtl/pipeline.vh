// pipeline.vh: cycles of the units that a result passes
// Made from t2c.contract by `python -m t2c.contract.generate`; docs/contract.md says how to add to it.
/* verilator lint_off UNUSEDPARAM */ // every module reads its own
`include "array_elements.vh"
localparam SPAN            = `T2C_SPAN;              // rows of operands that an element of the array takes
localparam WINDOW_LAT      = 4;                      // layer_engine and window_row: px_valid to operand
localparam ARRAY_LAT       = ROWS / SPAN + COLS + 1; // systolic_array: operands to column sums
localparam ACCUMULATOR_LAT = 1;                      // accumulator: column sum to sum over K tiles
localparam SUMS_APART      = 4;                      // accumulator: sum to the next one of the same word
localparam MULQUANT_LAT    = 7;                      // mulquant: sum to result
localparam TABLE_LAT       = 1;                      // table_lanes: result to the word that is written
/* verilator lint_on UNUSEDPARAM */
