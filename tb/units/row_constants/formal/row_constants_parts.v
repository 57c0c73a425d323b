// row_constants_parts: integer_root and reciprocal with their timing and with any result: what row_constants does of them.
//
// Spec        done_o as in rtl/integer_root.v and rtl/reciprocal.v; the result is arbitrary, known from done_o on, constant
//             until the next start_i. What the results are, integer_root/root and reciprocal/quotient prove.
// Doc         docs/formal.md
`default_nettype none

module integer_root #(
    parameter W = 16
) (
    input  wire           clk_i,
    input  wire           rst_ni,
    input  wire           start_i,
    input  wire [2*W-1:0] value_i,
    output wire           done_o,
    output wire [W-1:0]   root_o
);

    (* anyseq *) wire [W-1:0] any;
    reg [6:0]   age_q;                          // cycles since start_i; 0: none
    reg [W-1:0] root_q;
    always @(posedge clk_i) begin
        if (age_q != 0) age_q <= (age_q == W + 1) ? 0 : age_q + 1;
        if (age_q == W) root_q <= any;
        if (start_i) age_q <= 1;
        if (!rst_ni) age_q <= 0;
    end
    assign done_o = (age_q == W + 1);
    assign root_o = root_q;
    wire unused = &{1'b0, value_i};

endmodule

module reciprocal #(
    parameter D_W = 16,
    parameter R_W = 32,
    parameter Q_W = 18
) (
    input  wire           clk_i,
    input  wire           rst_ni,
    input  wire           start_i,
    input  wire [D_W-1:0] divisor_i,
    output wire           done_o,
    output wire [Q_W-1:0] quotient_o
);

    (* anyseq *) wire [Q_W-1:0] any;
    reg [6:0]     age_q;
    reg [Q_W-1:0] quotient_q;
    always @(posedge clk_i) begin
        if (age_q != 0) age_q <= (age_q == Q_W + 1) ? 0 : age_q + 1;
        if (age_q == Q_W) quotient_q <= any;
        if (start_i) age_q <= 1;
        if (!rst_ni) age_q <= 0;
    end
    assign done_o     = (age_q == Q_W + 1);
    assign quotient_o = quotient_q;
    wire unused = &{1'b0, divisor_i};

endmodule

`default_nettype wire
