// row_reciprocal: what a row's exponentials are multiplied by: a power of two, chosen at run time, over their sum.
//
// Spec        r_o = floor(2^R / s_i) 2^(R_W - R), R = bits_i; tag_o = tag_i
//             floor(2^R / s) is floor(2^R_W / s) without its lowest R_W - R bits, which are 0 in r_o.
// Widths      1 <= s < 2^S_W; r_o <= 2^R_W: R_W + 1 bits
// Latency     R_W + 2 cycles from the cycle with take_o to the first with valid_o, for every R
// Handshake   take_o: the sum under full_i is taken. valid_o and the results stay until take_i; in that cycle the next may be
//             taken. bits_i may not change from take_o to take_i.
// Model       //, of Python
// Doc         docs/units/softmax_rows.md
`default_nettype none

module row_reciprocal #(
    parameter S_W   = 26,                       // 2..48, sum
    parameter R_W   = 32,                       // 1..32, the most that R is
    parameter TAG_W = 1                         // what else is said of a row
) (
    input  wire             clk_i,
    input  wire             rst_ni,
    input  wire [5:0]       bits_i,             // R, up to R_W
    input  wire             full_i,
    output wire             take_o,
    input  wire [S_W-1:0]   s_i,
    input  wire [TAG_W-1:0] tag_i,
    output wire             valid_o,
    input  wire             take_i,
    output wire [R_W:0]     r_o,
    output wire [TAG_W-1:0] tag_o
);

    generate
        if (S_W < 2 || S_W > 48) begin : g_s_w
            row_reciprocal_S_W_out_of_range i_stop ();
        end
        if (R_W < 1 || R_W > 32) begin : g_r_w
            row_reciprocal_R_W_out_of_range i_stop ();
        end
    endgenerate

    localparam [31:0] ALL = R_W;

    reg              busy_q;                    // a row is inside
    reg              valid_q;                   // its quotient has been there for a cycle
    reg  [TAG_W-1:0] tag_q;
    wire             done;
    wire [R_W:0]     quotient;
    wire [R_W:0]     wanted = {(R_W + 1) {1'b1}} << (ALL[5:0] - bits_i); // bits of the quotient

    reciprocal #(
        .D_W (S_W),
        .R_W (R_W),
        .Q_W (R_W + 1)
    ) i_reciprocal (
        .clk_i      (clk_i),
        .rst_ni     (rst_ni),
        .start_i    (take_o),
        .divisor_i  (s_i),
        .done_o     (done),
        .quotient_o (quotient)
    );

    always @(posedge clk_i) begin
        busy_q  <= take_o | (busy_q & ~take_i);
        valid_q <= valid_o & ~take_i;
        if (take_o) tag_q <= tag_i;
        if (!rst_ni) begin
            busy_q  <= 1'b0;
            valid_q <= 1'b0;
        end
    end

    assign take_o  = full_i & (~busy_q | take_i);
    assign valid_o = done | valid_q;
    assign r_o     = quotient & wanted;
    assign tag_o   = tag_q;

endmodule

`default_nettype wire
