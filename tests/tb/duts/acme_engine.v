// A layer engine under other names: reset active high, memory banks and columns in the highest bits first.
// The modules acme_* are made by tests/tb/test_byo_engine.py: ours, renamed, or with a fault.

module acme_top #(
    parameter ROWS = 8, parameter COLS = 8, parameter X_W = 8, parameter W_W = 8, parameter ACC_W = 32,
    parameter SCALE_W = 16, parameter BIAS_W = 40, parameter SHIFT_W = 6, parameter ACC_DEPTH = 1024,
    parameter ACT_ADDR_W = 12, parameter WGT_ADDR_W = 12, parameter PAR_ADDR_W = 6, parameter GROUP_W = 1,
    parameter D_W = 57 * 32
) (
    input  wire                       clock,
    input  wire                       reset,
    input  wire                       go,
    input  wire [D_W-1:0]             step,
    output wire                       finished,
    output wire [ROWS*ACT_ADDR_W-1:0] bank_address,
    input  wire [ROWS*X_W-1:0]        bank_data,
    output wire [WGT_ADDR_W-1:0]      weight_address,
    input  wire [COLS*W_W-1:0]        weight_data,
    output wire [PAR_ADDR_W-1:0]      constant_address,
    input  wire [COLS*(SCALE_W+BIAS_W+SHIFT_W)-1:0] constant_data,
    output wire                       write,
    output wire [COLS*X_W-1:0]        write_data,
    output wire [ACT_ADDR_W-1:0]      write_address,
    output wire [GROUP_W-1:0]         write_group,
    output wire                       total,
    output wire [COLS*ACC_W-1:0]      totals
);

    localparam P_W = SCALE_W + BIAS_W + SHIFT_W;
    wire [ROWS*ACT_ADDR_W-1:0] addresses;
    wire [ROWS*X_W-1:0]        data;
    wire [COLS*W_W-1:0]        weights;
    wire [COLS*P_W-1:0]        constants;
    wire [COLS*X_W-1:0]        results;
    wire [COLS*ACC_W-1:0]      sums;
    genvar k;
    generate
        for (k = 0; k < ROWS; k = k + 1) begin : g_row
            assign bank_address[k*ACT_ADDR_W+:ACT_ADDR_W] = addresses[(ROWS-1-k)*ACT_ADDR_W+:ACT_ADDR_W];
            assign data[k*X_W+:X_W] = bank_data[(ROWS-1-k)*X_W+:X_W];
        end
        for (k = 0; k < COLS; k = k + 1) begin : g_col
            assign weights[k*W_W+:W_W]    = weight_data[(COLS-1-k)*W_W+:W_W];
            assign constants[k*P_W+:P_W]  = constant_data[(COLS-1-k)*P_W+:P_W];
            assign write_data[k*X_W+:X_W] = results[(COLS-1-k)*X_W+:X_W];
            assign totals[k*ACC_W+:ACC_W] = sums[(COLS-1-k)*ACC_W+:ACC_W];
        end
    endgenerate

    acme_layer_engine #(
        .ROWS(ROWS), .COLS(COLS), .X_W(X_W), .W_W(W_W), .ACC_W(ACC_W), .SCALE_W(SCALE_W), .BIAS_W(BIAS_W),
        .SHIFT_W(SHIFT_W), .ACC_DEPTH(ACC_DEPTH), .ACT_ADDR_W(ACT_ADDR_W), .WGT_ADDR_W(WGT_ADDR_W),
        .PAR_ADDR_W(PAR_ADDR_W), .GROUP_W(GROUP_W)
    ) i_engine (
        .clk_i(clock), .rst_ni(~reset), .start_i(go), .desc_i(step), .done_o(finished),
        .act_raddr_o(addresses), .act_rdata_i(data), .wgt_raddr_o(weight_address), .wgt_rdata_i(weights),
        .par_raddr_o(constant_address), .par_rdata_i(constants),
        .out_valid_o(write), .out_data_o(results), .out_addr_o(write_address), .out_group_o(write_group),
        .sum_valid_o(total), .sum_data_o(sums)
    );

endmodule
