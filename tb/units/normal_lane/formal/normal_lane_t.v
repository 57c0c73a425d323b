// normal_lane_t: t = floor((x g - h) / 2^p + 1/2), with p one more than the shift that comes a cycle later.
//
// Method      x g - h is computed beside the unit as it is written there, and rounded from docs/arithmetic.md section 2: q is
//             the floor, f what is dropped, one up where 2 f >= 2^p.
// Assumed     t fits T_W bits (docs/arithmetic.md 8.1 derives it; the header says of what).
// Doc         docs/formal.md
`default_nettype none

module normal_lane_t #(
    parameter X_W    = 8,
    parameter LEN_W  = 10,
    parameter ROOT_W = 16,
    parameter T_W    = 19
) (
    input wire                               clk_i,
    input wire                               hold_i,
    input wire signed [X_W-1:0]              x_i,
    input wire [LEN_W+ROOT_W+1:0]            g_i,
    input wire signed [LEN_W+X_W+ROOT_W+1:0] h_i,
    input wire [5:0]                         shift_i
);

    localparam A_W = LEN_W + X_W + ROOT_W + 2;
    localparam Z_W = 80;                        // holds everything below

    wire signed [T_W-1:0] t;
    normal_lane #(.X_W(X_W), .LEN_W(LEN_W), .ROOT_W(ROOT_W), .T_W(T_W)) dut (
        .clk_i(clk_i), .hold_i(hold_i), .x_i(x_i), .g_i(g_i), .h_i(h_i), .shift_i(shift_i), .t_o(t)
    );
    (* hierconn *) wire signed [A_W-1:0] \dut.centred_q ;

    reg                   one_q = 1'b0, two_q = 1'b0; // elements are in the stages
    wire signed [A_W-1:0] x = x_i;
    wire signed [A_W-1:0] g = {{X_W{1'b0}}, g_i};
    reg signed [A_W-1:0]  a_q;
    wire signed [Z_W-1:0] a = a_q;
    wire [6:0]            p = shift_i + 7'd1;
    wire signed [Z_W-1:0] q = a >>> p;
    wire signed [Z_W-1:0] f = a - (q <<< p);
    wire                  up = f >= $signed({{(Z_W - 1) {1'b0}}, 1'b1} << (p - 1));
    wire signed [Z_W-1:0] rounded = q + (up ? 1 : 0);
    localparam signed [Z_W-1:0] TOP = {{(Z_W - 1) {1'b0}}, 1'b1} << (T_W - 1);
    reg signed [Z_W-1:0]  t_q;
    always @(posedge clk_i) if (!hold_i) begin
        {one_q, two_q} <= {1'b1, one_q};
        a_q <= x * g - h_i;
        t_q <= rounded;
    end
    always @* begin
        if (one_q) assume (rounded < TOP & rounded >= -TOP);
    end

    wire signed [Z_W-1:0] wide = t;
    always @* begin
        if (two_q) assert (wide == t_q);
`ifdef INVARIANTS
        if (two_q) assert (one_q);
        if (one_q) assert (\dut.centred_q == a_q);
`endif
    end

    always @* if (two_q) begin
        cover (t_q == -3 & hold_i);
        cover (t_q == 5 & one_q & f == 1 & p == 2);
    end

endmodule

`default_nettype wire
