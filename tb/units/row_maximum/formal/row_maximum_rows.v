// row_maximum_rows: under full_o lies the largest element of exactly one row, with what is said of it; rows in order.
//
// Method      The harness keeps the largest element of the row that comes in and up to two whole rows. The unit's registers
//             are tied to them: the beat in stage 1 and the largest before it are what has come of the row.
// Assumed     a reset in the first cycle; take_i only under full_o.
// Doc         docs/formal.md
`default_nettype none

module row_maximum_rows #(
    parameter X_W   = 8,
    parameter LANES = 4,
    parameter TAG_W = 12
) (
    input wire                 clk_i,
    input wire                 rst_ni,
    input wire                 valid_i,
    input wire [LANES*X_W-1:0] x_i,
    input wire                 last_i,
    input wire [TAG_W-1:0]     tag_i,
    input wire                 take_i
);

    localparam M_W = TAG_W + X_W;

    wire             ready, full;
    wire [X_W-1:0]   max;
    wire [TAG_W-1:0] tag;
    row_maximum #(.X_W(X_W), .LANES(LANES), .TAG_W(TAG_W)) dut (
        .clk_i(clk_i), .rst_ni(rst_ni), .valid_i(valid_i), .ready_o(ready), .x_i(x_i), .last_i(last_i), .tag_i(tag_i),
        .full_o(full), .take_i(take_i), .max_o(max), .tag_o(tag)
    );
    (* hierconn *) wire             \dut.valid_q , \dut.last_q ;
    (* hierconn *) wire [X_W-1:0]   \dut.beat_q , \dut.so_far_q ;
    (* hierconn *) wire [TAG_W-1:0] \dut.tag_q ;

    function [X_W-1:0] larger;
        input [X_W-1:0] a;
        input [X_W-1:0] b;
        larger = a > b ? a : b;
    endfunction

    reg             started_q = 1'b0;
    reg [X_W-1:0]   row_q;                      // the largest so far of the row that comes in
    reg [M_W-1:0]   first_q, second_q;          // whole rows inside: tag, largest
    reg [1:0]       inside_q;
    integer         lane;
    reg [X_W-1:0]   with_beat;
    always @* begin
        with_beat = row_q;
        for (lane = 0; lane < LANES; lane = lane + 1) with_beat = larger(with_beat, x_i[lane*X_W+:X_W]);
    end
    wire       taken = valid_i & ready;
    wire       ended = taken & last_i;
    wire [1:0] place = inside_q - take_i;
    always @(posedge clk_i) begin
        started_q <= 1'b1;
        if (taken) row_q <= last_i ? 0 : with_beat;
        inside_q <= inside_q + ended - take_i;
        if (take_i) first_q <= second_q;
        if (ended & place == 0) first_q <= {tag_i, with_beat};
        if (ended & place == 1) second_q <= {tag_i, with_beat};
        if (!rst_ni) {row_q, inside_q} <= 0;
    end
    always @* begin
        if (!started_q) assume (!rst_ni);
        if (take_i) assume (full);
    end

    wire           last1 = \dut.valid_q & \dut.last_q ;
    wire [X_W-1:0] upto1 = larger(\dut.so_far_q , \dut.beat_q );
    always @* if (started_q) begin
        if (full) assert (inside_q != 0 & {tag, max} == first_q);
        if (inside_q == 2) assert (full);
        if (inside_q != 2 | take_i) assert (ready);
`ifdef INVARIANTS
        assert (inside_q == full + last1);
        if (last1) assert ({\dut.tag_q , upto1} == (full ? second_q : first_q) & row_q == 0);
        else assert (row_q == (\dut.valid_q ? upto1 : \dut.so_far_q ));
`endif
    end

    always @* if (started_q) begin
        cover (inside_q == 2 & ~take_i & max < upto1 & \dut.so_far_q > \dut.beat_q );
        cover (full & max == {X_W{1'b1}} & last1 & upto1 == 0 & take_i & taken);
    end

endmodule

`default_nettype wire
