// row_sums_sums: under full_o lie the number, the sum and the sum of squares of exactly the row's elements, rows in order.
//
// Method      The harness keeps the beat that was taken and adds up rows from it, in the cycle in which the unit makes the
//             beat's sums: so a solver meets each square once, of registers that are equal, and gets through. With each
//             beat travels what its row has come to with it; the unit's registers are tied to that, stage by stage.
// Assumed     a reset in the first cycle; what keep_i leaves out is 0; take_i only under full_o; no row is longer than
//             2^LEN_W, so nothing overflows.
// Doc         docs/formal.md
`default_nettype none

module row_sums_sums #(
    parameter X_W   = 8,
    parameter LANES = 4,
    parameter LEN_W = 10
) (
    input wire                 clk_i,
    input wire                 rst_ni,
    input wire                 valid_i,
    input wire [LANES*X_W-1:0] x_i,
    input wire [LANES-1:0]     keep_i,
    input wire                 last_i,
    input wire                 take_i
);

    localparam S_W = LEN_W + X_W;
    localparam Q_W = LEN_W + 2 * X_W - 1;
    localparam M_W = LEN_W + 1 + S_W + Q_W;     // number, sum and squares side by side

    wire           ready, full;
    wire [LEN_W:0] n;
    wire [S_W-1:0] s;
    wire [Q_W-1:0] q;
    row_sums #(.X_W(X_W), .LANES(LANES), .LEN_W(LEN_W)) dut (
        .clk_i(clk_i), .rst_ni(rst_ni), .valid_i(valid_i), .ready_o(ready), .x_i(x_i), .keep_i(keep_i), .last_i(last_i),
        .full_o(full), .take_i(take_i), .n_o(n), .s_o(s), .q_o(q)
    );
    (* hierconn *) wire                 \dut.valid1_q , \dut.last1_q , \dut.valid2_q , \dut.last2_q , \dut.open_q ;
    (* hierconn *) wire [LANES*X_W-1:0] \dut.x_q ;
    (* hierconn *) wire [LANES-1:0]     \dut.keep_q ;
    (* hierconn *) wire [LEN_W:0]       \dut.beat_n_q ;
    (* hierconn *) wire [S_W-1:0]       \dut.beat_s_q ;
    (* hierconn *) wire [Q_W-1:0]       \dut.beat_q_q ;

    // base + what a beat adds; the three sums do not carry into one another.
    function [M_W-1:0] plus;
        input [M_W-1:0]       base;
        input [LANES*X_W-1:0] elements;
        input [LANES-1:0]     counted;
        integer               k;
        reg signed [X_W-1:0]  e;
        reg [Q_W-1:0]         squares;
        reg signed [S_W-1:0]  sum;
        reg [LEN_W:0]         number;
        reg [2*X_W-2:0]       square;
        begin
            {number, sum, squares} = base;
            for (k = 0; k < LANES; k = k + 1) begin
                e       = elements[k*X_W+:X_W];
                square  = e * e;
                number  = number + counted[k];
                sum     = sum + e;
                squares = squares + square;
            end
            plus = {number, sum, squares};
        end
    endfunction
    function [M_W-1:0] both;
        input [M_W-1:0] a;
        input [M_W-1:0] b;
        both = {a[M_W-1-:LEN_W+1] + b[M_W-1-:LEN_W+1], a[Q_W+:S_W] + b[Q_W+:S_W], a[0+:Q_W] + b[0+:Q_W]};
    endfunction
    localparam [M_W-1:0] NONE = 0;

    reg           started_q = 1'b0;
    reg                   waits_q, last_q;      // a beat was taken and is not yet added; the last of its row
    reg [LANES*X_W-1:0]   x_q;
    reg [LANES-1:0]       keep_q;
    reg [M_W-1:0] row_q;                        // the row that comes in, 0 before its first beat
    reg [M_W-1:0] with2_q, with3_q;             // rows up to the beats in the stages; of stage 3, the last one added
    wire          hold  = \dut.valid2_q & full & ~take_i;
    wire          taken = valid_i & ready;
    wire          added = waits_q & ~hold;
    wire [M_W-1:0] with1 = both(row_q, plus(NONE, x_q, keep_q));
    always @(posedge clk_i) begin
        started_q <= 1'b1;
        if (taken) {x_q, keep_q, last_q} <= {x_i, keep_i, last_i};
        if (taken) waits_q <= 1'b1;
        else if (added) waits_q <= 1'b0;
        if (added) row_q <= last_q ? NONE : with1;
        if (added) with2_q <= with1;
        if (\dut.valid2_q & ~hold) with3_q <= with2_q;
        if (!rst_ni) {row_q, waits_q} <= {NONE, 1'b0};
    end

    integer lane;
    always @* begin
        if (!started_q) assume (!rst_ni);
        if (take_i) assume (full);
        for (lane = 0; lane < LANES; lane = lane + 1) if (!keep_i[lane]) assume (x_i[lane*X_W+:X_W] == 0);
    end

    wire [M_W-1:0] beat2 = {\dut.beat_n_q , \dut.beat_s_q , \dut.beat_q_q };
    wire [M_W-1:0] row3  = \dut.open_q ? {n, s, q} : NONE;
    wire [M_W-1:0] row2  = !\dut.valid2_q ? row3 : \dut.last2_q ? NONE : with2_q;
    always @* if (started_q) begin
        assert (ready == ~hold);
        if (full) assert ({n, s, q} == with3_q);
`ifdef INVARIANTS
        if (full | \dut.open_q ) assert ({n, s, q} == with3_q);
        assert (!(full & \dut.open_q ));
        if (\dut.valid2_q ) assert (with2_q == both(row3, beat2));
        assert (waits_q == \dut.valid1_q );
        if (waits_q) assert (x_q == \dut.x_q & keep_q == \dut.keep_q & last_q == \dut.last1_q );
        assert (row_q == row2);
`endif
    end

    // Whole rows inside, the oldest first: what lies under full_o is what came, each row once.
    reg [M_W-1:0] rows_q [0:1];
    reg [1:0]     inside_q;
    wire          ended = added & last_q;
    wire          last2 = \dut.valid2_q & \dut.last2_q ;
    wire [1:0]    place = inside_q - take_i;
    always @(posedge clk_i) begin
        inside_q <= inside_q + ended - take_i;
        if (take_i) rows_q[0] <= rows_q[1];
        if (ended & place == 0) rows_q[0] <= with1;
        if (ended & place == 1) rows_q[1] <= with1;
        if (!rst_ni) inside_q <= 2'd0;
    end
    always @* if (started_q) begin
        if (full) assert (inside_q != 0 & {n, s, q} == rows_q[0]);
`ifdef INVARIANTS
        assert (inside_q == full + last2);
        if (full) assert (with3_q == rows_q[0]);
        if (last2) assert (with2_q == (full ? rows_q[1] : rows_q[0]));
`endif
    end

    always @* if (started_q) begin
        cover (full & \dut.valid2_q & \dut.last2_q & \dut.valid1_q & \dut.last1_q & ~take_i & n == LANES);
        cover (full & n == LANES + 1 & take_i & q == 9);
    end

endmodule

`default_nettype wire
