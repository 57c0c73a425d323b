// core_registers: the AXI4-Lite registers of the core: start, status, error, layer, cycle count, hardware.
//
// Spec        the register table of docs/units/core_registers.md, in registers.vh; a start pulses start_o and clears done,
//             error, code, layer and count; done_i or error_i ends the program, error_i if both come
// Widths      32-bit data, 8-bit byte addresses, all eight decoded. The cycle count has 32 + LO_W bits; LO_W is 32 but
//             in a bench, which cannot wait 2^32 cycles for the carry.
// Latency     write: effect, start_o and B two cycles after the later of AW and W (one outstanding; the next one waits
//             until B has been taken). Read: R one cycle after AR, with what the registers held in the cycle of AR.
// Handshake   AXI4-Lite without awprot and arprot, which would be ignored. AW and W in any order. No ready waits for a
//             valid, no valid for a ready; no output depends on an input of the same cycle.
//             busy_i high refuses a start, also without a program. done_i and error_i count from the cycle of start_o
//             to the first of them, and are ignored at other times. layer_i is taken from the cycle after start_o on,
//             for the last time in the cycle of done_i or error_i.
// Doc         docs/units/core_registers.md
`default_nettype none

module core_registers #(
    parameter ROWS = 16,                        // 2..256, reported only
    parameter COLS = 16,                        // 1..256, reported only
    parameter X_W  = 8,                         // 2..8, reported only
    parameter W_W  = 8,                         // 2..8, reported only
    parameter LO_W = 32                         // 2..32: bits of CYCLES_LO
) (
    input  wire        clk_i,
    input  wire        rst_ni,
    // AXI4-Lite
    input  wire [7:0]  s_axil_awaddr_i,
    input  wire        s_axil_awvalid_i,
    output wire        s_axil_awready_o,
    input  wire [31:0] s_axil_wdata_i,
    input  wire [3:0]  s_axil_wstrb_i,
    input  wire        s_axil_wvalid_i,
    output wire        s_axil_wready_o,
    output wire [1:0]  s_axil_bresp_o,
    output wire        s_axil_bvalid_o,
    input  wire        s_axil_bready_i,
    input  wire [7:0]  s_axil_araddr_i,
    input  wire        s_axil_arvalid_i,
    output wire        s_axil_arready_o,
    output wire [31:0] s_axil_rdata_o,
    output wire [1:0]  s_axil_rresp_o,
    output wire        s_axil_rvalid_o,
    input  wire        s_axil_rready_i,
    // to the core
    output wire        start_o,                 // one cycle
    input  wire        busy_i,                  // level
    input  wire        done_i,                  // one cycle, at the end of a program
    input  wire        error_i,                 // one cycle, instead of done_i
    input  wire [7:0]  error_code_i,            // with error_i; not 0
    input  wire [15:0] layer_i                  // layer in progress
);

    generate
        if (ROWS < 2 || ROWS > 256) begin : g_rows
            core_registers_ROWS_out_of_range i_stop ();
        end
        if (COLS < 1 || COLS > 256) begin : g_cols
            core_registers_COLS_out_of_range i_stop ();
        end
        if (X_W < 2 || X_W > 8) begin : g_x_w
            core_registers_X_W_out_of_range i_stop ();
        end
        if (W_W < 2 || W_W > 8) begin : g_w_w
            core_registers_W_W_out_of_range i_stop ();
        end
        if (LO_W < 2 || LO_W > 32) begin : g_lo_w
            core_registers_LO_W_out_of_range i_stop ();
        end
    endgenerate

    `include "registers.vh"
    localparam COUNT_W = 32 + LO_W;
    // One byte each; 256 reads as 0.
    localparam [31:0] SHAPE = (W_W << HARDWARE_W_W_BIT) | (X_W << HARDWARE_X_W_BIT) |
                              ((COLS % 256) << HARDWARE_COLS_BIT) | ((ROWS % 256) << HARDWARE_ROWS_BIT);

    // Of a write only START matters, and the strobe of its byte.
    wire unused = &{1'b0, s_axil_wdata_i, s_axil_wstrb_i};

    // The program.
    reg               start_q;
    reg               running_q;                // from the cycle of start_o to that of done_i or error_i
    reg               done_q, error_q;
    reg [7:0]         code_q;
    reg [15:0]        layer_q;
    reg [COUNT_W-1:0] count_q;
    reg [31:0]        count_hi_q;               // as it was when CYCLES_LO was read
    wire busy   = running_q | busy_i;
    wire ending = running_q & (done_i | error_i);

    // Write: address and data wait for each other, and for the response before them to be taken.
    reg       aw_full_q, w_full_q;
    reg [7:0] awaddr_q;
    reg       w_start_q;                        // the data ask for a start
    reg       bvalid_q;
    reg [1:0] bresp_q;
    wire      write      = aw_full_q & w_full_q & ~bvalid_q;
    wire      to_control = (awaddr_q == REG_CONTROL);
    wire      start      = write & to_control & w_start_q & ~busy;

    assign s_axil_awready_o = ~aw_full_q;
    assign s_axil_wready_o  = ~w_full_q;
    assign s_axil_bvalid_o  = bvalid_q;
    assign s_axil_bresp_o   = bresp_q;
    assign start_o          = start_q;

    // Read.
    reg        rvalid_q;
    reg [1:0]  rresp_q;
    reg [31:0] rdata_q;
    reg [1:0]  read_resp;
    reg [31:0] read_data;
    wire       read = s_axil_arvalid_i & ~rvalid_q;

    assign s_axil_arready_o = ~rvalid_q;
    assign s_axil_rvalid_o  = rvalid_q;
    assign s_axil_rresp_o   = rresp_q;
    assign s_axil_rdata_o   = rdata_q;

    wire [31:0] count_lo;
    generate
        if (LO_W == 32) begin : g_lo_full
            assign count_lo = count_q[31:0];
        end else begin : g_lo_short
            assign count_lo = {{(32 - LO_W) {1'b0}}, count_q[LO_W-1:0]};
        end
    endgenerate

    always @* begin
        read_resp = RESP_OKAY;
        read_data = 32'd0;
        case (s_axil_araddr_i)
            REG_CONTROL:   read_data = 32'd0;
            REG_STATUS: begin
                read_data[STATUS_BUSY_BIT]  = busy;
                read_data[STATUS_DONE_BIT]  = done_q;
                read_data[STATUS_ERROR_BIT] = error_q;
            end
            REG_ERROR:     read_data[ERROR_CODE_BIT+:8] = code_q;
            REG_LAYER:     read_data[LAYER_NUMBER_BIT+:16] = layer_q;
            REG_CYCLES_LO: read_data = count_lo;
            REG_CYCLES_HI: read_data = count_hi_q;
            REG_HARDWARE:  read_data = SHAPE;
            default:       read_resp = RESP_SLVERR;
        endcase
    end

    always @(posedge clk_i) begin
        if (s_axil_awvalid_i & ~aw_full_q) begin
            aw_full_q <= 1'b1;
            awaddr_q  <= s_axil_awaddr_i;
        end
        if (s_axil_wvalid_i & ~w_full_q) begin
            w_full_q  <= 1'b1;
            w_start_q <= s_axil_wdata_i[CONTROL_START_BIT] & s_axil_wstrb_i[CONTROL_START_BIT/8];
        end
        if (s_axil_bready_i) bvalid_q <= 1'b0;
        if (write) begin
            aw_full_q <= 1'b0;
            w_full_q  <= 1'b0;
            bvalid_q  <= 1'b1;
            bresp_q   <= (~to_control | (w_start_q & busy)) ? RESP_SLVERR : RESP_OKAY;
        end

        if (s_axil_rready_i) rvalid_q <= 1'b0;
        if (read) begin
            rvalid_q <= 1'b1;
            rresp_q  <= read_resp;
            rdata_q  <= read_data;
            if (s_axil_araddr_i == REG_CYCLES_LO) count_hi_q <= count_q[COUNT_W-1:LO_W];
        end

        start_q <= start;
        if (running_q & ~start_q) layer_q <= layer_i;
        if (running_q & ~ending) count_q <= count_q + {{(COUNT_W - 1) {1'b0}}, 1'b1};
        if (ending) begin
            running_q <= 1'b0;
            done_q    <= ~error_i;
            error_q   <= error_i;
            if (error_i) code_q <= error_code_i;
        end
        if (start) begin
            running_q <= 1'b1;
            done_q    <= 1'b0;
            error_q   <= 1'b0;
            code_q    <= 8'd0;
            layer_q   <= 16'd0;
            count_q   <= {COUNT_W{1'b0}};
        end

        // What can be read is reset too: a host must not see X.
        if (!rst_ni) begin
            aw_full_q  <= 1'b0;
            w_full_q   <= 1'b0;
            bvalid_q   <= 1'b0;
            rvalid_q   <= 1'b0;
            start_q    <= 1'b0;
            running_q  <= 1'b0;
            done_q     <= 1'b0;
            error_q    <= 1'b0;
            code_q     <= 8'd0;
            layer_q    <= 16'd0;
            count_q    <= {COUNT_W{1'b0}};
            count_hi_q <= 32'd0;
        end
    end

endmodule

`default_nettype wire
