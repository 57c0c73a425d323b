// door_axil: AXI4-Lite master, one access at a time. Simulation only.
//
// Access      go_i with write_i, addr_i and data_i until done_o, which is high for one cycle with rdata_o and resp_o.
//             AW and W go out independently; every channel stalls by profile_i, as stall_gen does
// Events      what door_hold finds on B and R
`default_nettype none

module door_axil #(
    parameter NAME   = "port",
    parameter ADDR_W = 32,
    parameter DATA_W = 32
) (
    input  wire                clk_i,
    input  wire                rst_ni,
    input  wire [31:0]         fd_i,
    input  wire [31:0]         run_i,
    input  wire [31:0]         cycle_i,
    input  wire [7:0]          profile_i,
    input  wire [15:0]         blocked_i,
    input  wire [31:0]         seed_i,
    input  wire                go_i,
    input  wire                write_i,
    input  wire [ADDR_W-1:0]   addr_i,
    input  wire [DATA_W-1:0]   data_i,
    output reg                 done_o,
    output reg  [DATA_W-1:0]   rdata_o,
    output reg  [1:0]          resp_o,
    output reg  [31:0]         count_o,
    output reg  [ADDR_W-1:0]   awaddr_o,
    output reg                 awvalid_o,
    input  wire                awready_i,
    output reg  [DATA_W-1:0]   wdata_o,
    output wire [DATA_W/8-1:0] wstrb_o,
    output reg                 wvalid_o,
    input  wire                wready_i,
    input  wire [1:0]          bresp_i,
    input  wire                bvalid_i,
    output wire                bready_o,
    output reg  [ADDR_W-1:0]   araddr_o,
    output reg                 arvalid_o,
    input  wire                arready_i,
    input  wire [DATA_W-1:0]   rdata_i,
    input  wire [1:0]          rresp_i,
    input  wire                rvalid_i,
    output wire                rready_o
);

    wire [4:0] stall;
    genvar     k;
    generate
        for (k = 0; k < 5; k = k + 1) begin : g_stall
            localparam [31:0] SALT = 32'h9e3779b9 * (k + 1);
            stall_gen i_stall (
                .clk_i(clk_i), .rst_ni(rst_ni), .profile_i(profile_i), .blocked_i(blocked_i), .armed_i(1'b1),
                .seed_i(seed_i ^ SALT), .stall_o(stall[k])
            );
        end
    endgenerate

    reg busy_q = 1'b0, aw_left_q = 1'b0, w_left_q = 1'b0, b_left_q = 1'b0, ar_left_q = 1'b0, r_left_q = 1'b0;

    assign wstrb_o  = {DATA_W/8{1'b1}};
    assign bready_o = b_left_q & ~stall[2];
    assign rready_o = r_left_q & ~stall[4];

    initial begin
        {awvalid_o, wvalid_o, arvalid_o, done_o} = 4'd0;
        awaddr_o = {ADDR_W{1'b0}};
        araddr_o = {ADDR_W{1'b0}};
        wdata_o  = {DATA_W{1'b0}};
        count_o  = 32'd0;
    end

    always @(posedge clk_i) begin
        done_o <= 1'b0;
        if (!rst_ni) begin
            {awvalid_o, wvalid_o, arvalid_o, busy_q} <= 4'd0;
            {aw_left_q, w_left_q, b_left_q, ar_left_q, r_left_q} <= 5'd0;
        end else if (!busy_q) begin
            if (go_i & !done_o) begin
                busy_q    <= 1'b1;
                aw_left_q <= write_i;
                w_left_q  <= write_i;
                b_left_q  <= write_i;
                ar_left_q <= ~write_i;
                r_left_q  <= ~write_i;
            end
        end else begin
            if (aw_left_q & !awvalid_o & !stall[0]) begin
                awvalid_o <= 1'b1;
                awaddr_o  <= addr_i;
            end
            if (w_left_q & !wvalid_o & !stall[1]) begin
                wvalid_o <= 1'b1;
                wdata_o  <= data_i;
            end
            if (ar_left_q & !arvalid_o & !stall[3]) begin
                arvalid_o <= 1'b1;
                araddr_o  <= addr_i;
            end
            if (awvalid_o & awready_i === 1'b1) {awvalid_o, aw_left_q} <= 2'b00;
            if (wvalid_o & wready_i === 1'b1) {wvalid_o, w_left_q} <= 2'b00;
            if (arvalid_o & arready_i === 1'b1) {arvalid_o, ar_left_q} <= 2'b00;
            if (bvalid_i === 1'b1 & bready_o) begin
                b_left_q <= 1'b0;
                resp_o   <= bresp_i;
            end
            if (rvalid_i === 1'b1 & rready_o) begin
                r_left_q <= 1'b0;
                rdata_o  <= rdata_i;
                resp_o   <= rresp_i;
            end
            if (!(aw_left_q | w_left_q | b_left_q | ar_left_q | r_left_q)) begin
                busy_q  <= 1'b0;
                done_o  <= 1'b1;
                count_o <= count_o + 32'd1;
            end
        end
    end

    door_hold #(.NAME({NAME, ".b"}), .WIDTH(2)) i_b (
        .clk_i(clk_i), .rst_ni(rst_ni), .fd_i(fd_i), .run_i(run_i), .cycle_i(cycle_i), .valid_i(bvalid_i),
        .ready_i(bready_o), .data_i(bresp_i)
    );
    door_hold #(.NAME({NAME, ".r"}), .WIDTH(DATA_W + 2)) i_r (
        .clk_i(clk_i), .rst_ni(rst_ni), .fd_i(fd_i), .run_i(run_i), .cycle_i(cycle_i), .valid_i(rvalid_i),
        .ready_i(rready_o), .data_i({rresp_i, rdata_i})
    );

endmodule

`default_nettype wire
