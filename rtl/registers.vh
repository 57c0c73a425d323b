// registers.vh: the AXI4-Lite registers
// Made from t2c.contract by `python -m t2c.contract.generate`; docs/contract.md says how to add to it.
/* verilator lint_off UNUSEDPARAM */ // every module reads its own
// byte addresses
localparam [7:0] REG_CONTROL   = 8'h00;
localparam [7:0] REG_STATUS    = 8'h04;
localparam [7:0] REG_ERROR     = 8'h08;
localparam [7:0] REG_LAYER     = 8'h0c;
localparam [7:0] REG_CYCLES_LO = 8'h10;
localparam [7:0] REG_CYCLES_HI = 8'h14;
localparam [7:0] REG_HARDWARE  = 8'h18;
// lowest bit of each part
localparam CONTROL_START_BIT   = 0;
localparam STATUS_BUSY_BIT     = 0;
localparam STATUS_DONE_BIT     = 1;
localparam STATUS_ERROR_BIT    = 2;
localparam ERROR_CODE_BIT      = 0;
localparam LAYER_NUMBER_BIT    = 0;
localparam CYCLES_LO_COUNT_BIT = 0;
localparam CYCLES_HI_COUNT_BIT = 0;
localparam HARDWARE_ROWS_BIT   = 0;
localparam HARDWARE_COLS_BIT   = 8;
localparam HARDWARE_X_W_BIT    = 16;
localparam HARDWARE_W_W_BIT    = 24;
// what ERROR says
localparam [7:0] ERROR_NONE              = 8'd0;
localparam [7:0] ERROR_UNKNOWN_OPERATION = 8'd1;
localparam [7:0] ERROR_MISPLACED_TLAST   = 8'd2;
// responses
localparam [1:0] RESP_OKAY   = 2'd0;
localparam [1:0] RESP_SLVERR = 2'd2;
/* verilator lint_on UNUSEDPARAM */
