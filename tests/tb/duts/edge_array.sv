// A weight-stationary array as textbooks draw it: operands enter at the west edge and must be skewed by whoever feeds
// them, a valid for each row; sums leave at the south edge, skewed, a valid for each column. One set of weights.

module edge_pe #(
    parameter int A_W = 8,
    parameter int W_W = 8,
    parameter int ACC = 32
) (
    input  logic                  clk,
    input  logic                  rst_n,
    input  logic                  load,
    input  logic signed [W_W-1:0] w,
    input  logic signed [A_W-1:0] a,
    input  logic                  a_valid,
    input  logic signed [ACC-1:0] sum,
    output logic signed [W_W-1:0] w_q,
    output logic signed [A_W-1:0] a_q,
    output logic                  a_valid_q,
    output logic signed [ACC-1:0] sum_q
);

    always_ff @(posedge clk) begin
        if (load) w_q <= w;
        a_q       <= a;
        a_valid_q <= a_valid & rst_n;
        sum_q     <= a_valid ? sum + a * w_q : sum;
    end

endmodule

module edge_array #(
    parameter int ROWS = 4,
    parameter int COLS = 3,
    parameter int A_W  = 8,
    parameter int W_W  = 8,
    parameter int ACC  = 32
) (
    input  logic                clk,
    input  logic                rst_n,
    input  logic                load,
    input  logic [COLS*W_W-1:0] north,
    input  logic [ROWS-1:0]     west_valid,
    input  logic [ROWS*A_W-1:0] west,
    output logic [COLS-1:0]     south_valid,
    output logic [COLS*ACC-1:0] south
);

    genvar r, c;
    generate
        for (r = 0; r < ROWS; r++) begin : g_row
            for (c = 0; c < COLS; c++) begin : g_col
                wire signed [W_W-1:0] w_in, w_out;
                wire signed [A_W-1:0] a_in, a_out;
                wire signed [ACC-1:0] sum_in, sum_out;
                wire v_in, v_out;
                if (r == 0) begin : g_north
                    assign w_in   = north[c*W_W+:W_W];
                    assign sum_in = '0;
                end else begin : g_below
                    assign w_in   = g_row[r-1].g_col[c].w_out;
                    assign sum_in = g_row[r-1].g_col[c].sum_out;
                end
                if (c == 0) begin : g_west
                    assign a_in = west[r*A_W+:A_W];
                    assign v_in = west_valid[r];
                end else begin : g_after
                    assign a_in = g_row[r].g_col[c-1].a_out;
                    assign v_in = g_row[r].g_col[c-1].v_out;
                end
                edge_pe #(.A_W(A_W), .W_W(W_W), .ACC(ACC)) i_pe (
                    .clk, .rst_n, .load, .w(w_in), .a(a_in), .a_valid(v_in), .sum(sum_in),
                    .w_q(w_out), .a_q(a_out), .a_valid_q(v_out), .sum_q(sum_out)
                );
            end
        end
        for (c = 0; c < COLS; c++) begin : g_south
            assign south[c*ACC+:ACC] = g_row[ROWS-1].g_col[c].sum_out;
            assign south_valid[c]    = g_row[ROWS-1].g_col[c].v_out;
        end
    endgenerate

endmodule
