// table_lanes: the table memory, a copy for each lane, so that all lanes look up something else in the same cycle.
//
// Spec        data_o[k] <= the lowest X_W bits of TABLE[{page_i, data_i[k]}]; where rows_i is high, lanes below ROW_LANES
//             read TABLE[{page_i, rows_index_i[k]}] for rows_data_o[k] instead. if (we_i) TABLE[waddr_i] <= wdata_i.
// Contents    page p holds the entries p * 2^X_W .. ; TABLE_FILE, in simulation +tables=<path>, fills all copies at start
// Rounding    none here: a table holds results (docs/arithmetic.md section 7.2)
// Widths      an entry has TABLE_W bits; addresses modulo 2^ADDR_W
// Latency     1 cycle; one element a lane and cycle
// Handshake   none
// Lanes       lane k at [k*X_W +: X_W], rows_data_o[k*TABLE_W +: TABLE_W]
// Model       t2c.golden.arithmetic.pointwise.pointwise
// Doc         docs/units/table_lanes.md
`default_nettype none
`include "port_widths.vh"

module table_lanes #(
    parameter COLS       = 16,                  // 1..256: lanes, and copies
    parameter X_W        = 8,                   // 2..8: index into a page, result
    parameter DEPTH      = 4096,                // entries, at least 2^X_W
    parameter ADDR_W     = 12,                  // do not override: ceil(log2 DEPTH)
    parameter ROW_LANES  = 0,                   // lanes that the row engine reads, at most COLS
    parameter ROW_PORTS  = (ROW_LANES > 0) ? ROW_LANES : 1, // do not override
    parameter TABLE_W    = `T2C_TABLE_W,        // do not override
    parameter TABLE_FILE = ""
) (
    input  wire                         clk_i,
    input  wire                         we_i,
    input  wire [ADDR_W-1:0]            waddr_i,
    input  wire [TABLE_W-1:0]           wdata_i,
    input  wire [15:0]                  page_i,
    // results of the layer engine
    input  wire [COLS*X_W-1:0]          data_i,
    output wire [COLS*X_W-1:0]          data_o,
    // row engine
    input  wire                         rows_i,
    input  wire [ROW_PORTS*X_W-1:0]     rows_index_i,
    output wire [ROW_PORTS*TABLE_W-1:0] rows_data_o
);

    generate
        if (X_W < 2 || X_W > 8) begin : g_x_w
            table_lanes_X_W_out_of_range i_stop ();
        end
        if (DEPTH < (1 << X_W) || DEPTH > 65536) begin : g_depth
            table_lanes_DEPTH_out_of_range i_stop ();
        end
        if (ROW_LANES < 0 || ROW_LANES > COLS) begin : g_row_lanes
            table_lanes_ROW_LANES_out_of_range i_stop ();
        end
    endgenerate

    genvar c;
    generate
        for (c = 0; c < COLS; c = c + 1) begin : g_lane
            wire [X_W-1:0]     index;
            wire [16+X_W-1:0]  address = {page_i, index};
            wire [TABLE_W-1:0] entry;
            ram #(
                .W(TABLE_W), .DEPTH(DEPTH), .ADDR_W(ADDR_W), .READ_OLD(0), .INIT_FILE(TABLE_FILE), .PLUSARG("tables")
            ) i_table (
                .clk_i(clk_i), .we_i(we_i), .waddr_i(waddr_i), .wdata_i(wdata_i), .raddr_i(address[ADDR_W-1:0]),
                .rdata_o(entry)
            );
            assign data_o[c*X_W+:X_W] = entry[X_W-1:0];
            if (c < ROW_LANES) begin : g_shared
                assign index = rows_i ? rows_index_i[c*X_W+:X_W] : data_i[c*X_W+:X_W];
                assign rows_data_o[c*TABLE_W+:TABLE_W] = entry;
            end else begin : g_own
                assign index = data_i[c*X_W+:X_W];
            end
            wire unused = &{1'b0, address, entry};
        end
        if (ROW_LANES == 0) begin : g_no_rows
            assign rows_data_o = {TABLE_W{1'b0}};
            wire unused_rows = &{1'b0, rows_i, rows_index_i};
        end
    endgenerate

endmodule

`default_nettype wire
