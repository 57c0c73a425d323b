// row_total_sums: under full_o lies the sum of exactly one row's elements; rows in order.
//
// Method      The harness adds up the row that comes in, modulo 2^(E_W + LEN_W), and keeps up to two whole rows. The unit's
//             registers are tied to them: the beat in stage 1 and the sum before it are what has come of the row.
// Assumed     a reset in the first cycle; take_i only under full_o; a row's last beat only if the row before was taken, or is
//             in the cycle after.
// Doc         docs/formal.md
`default_nettype none

module row_total_sums #(
    parameter E_W   = 16,
    parameter LANES = 4,
    parameter LEN_W = 10
) (
    input wire                 clk_i,
    input wire                 rst_ni,
    input wire                 valid_i,
    input wire [LANES*E_W-1:0] x_i,
    input wire                 last_i,
    input wire                 take_i
);

    localparam S_W = E_W + LEN_W;

    wire           full;
    wire [S_W-1:0] sum;
    row_total #(.E_W(E_W), .LANES(LANES), .LEN_W(LEN_W)) dut (
        .clk_i(clk_i), .rst_ni(rst_ni), .valid_i(valid_i), .x_i(x_i), .last_i(last_i),
        .full_o(full), .take_i(take_i), .sum_o(sum)
    );
    (* hierconn *) wire           \dut.valid_q , \dut.last_q ;
    (* hierconn *) wire [S_W-1:0] \dut.beat_q , \dut.so_far_q ;

    reg           started_q = 1'b0;
    reg [S_W-1:0] row_q;                        // the sum so far of the row that comes in
    reg [S_W-1:0] first_q, second_q;            // whole rows inside
    reg [1:0]     inside_q;
    integer       lane;
    reg [S_W-1:0] beat;
    always @* begin
        beat = 0;
        for (lane = 0; lane < LANES; lane = lane + 1) beat = beat + x_i[lane*E_W+:E_W];
    end
    wire [S_W-1:0] with_beat = row_q + beat;
    wire           ended = valid_i & last_i;
    wire [1:0]     place = inside_q - take_i;
    always @(posedge clk_i) begin
        started_q <= 1'b1;
        if (valid_i) row_q <= last_i ? 0 : with_beat;
        inside_q <= inside_q + ended - take_i;
        if (take_i) first_q <= second_q;
        if (ended & place == 0) first_q <= with_beat;
        if (ended & place == 1) second_q <= with_beat;
        if (!rst_ni) {row_q, inside_q} <= 0;
    end
    wire last1 = \dut.valid_q & \dut.last_q ;
    always @* begin
        if (!started_q) assume (!rst_ni);
        if (take_i) assume (full);
        if (started_q & last1 & full) assume (take_i);
    end

    wire [S_W-1:0] upto1 = \dut.so_far_q + \dut.beat_q ;
    always @* if (started_q) begin
        if (full) assert (inside_q != 0 & sum == first_q);
        if (inside_q == 2) assert (full);
`ifdef INVARIANTS
        assert (inside_q == full + last1);
        if (last1) assert (upto1 == (full ? second_q : first_q) & row_q == 0);
        else assert (row_q == (\dut.valid_q ? upto1 : \dut.so_far_q ));
`endif
    end

    always @* if (started_q) begin
        cover (inside_q == 2 & take_i & sum == 7 & second_q == 9);
        cover (full & ~take_i & \dut.valid_q & ~\dut.last_q & \dut.so_far_q != 0);
    end

endmodule

`default_nettype wire
