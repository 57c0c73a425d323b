// A requantiser whose multipliers are powers of two: it shifts. Two stages, a valid on each side, half_even.

module power_requant #(
    parameter A = 12, M = 8, B = 16, S = 4, Y = 4
) (
    input  wire                clk,
    input  wire                rst_n,
    input  wire                go,
    input  wire signed [A-1:0] acc,
    input  wire        [M-1:0] m,
    input  wire signed [B-1:0] b,
    input  wire        [S-1:0] s,
    input  wire signed [Y:0]   offset,
    input  wire signed [Y:0]   least,
    input  wire signed [Y:0]   most,
    output reg                 done,
    output reg         [Y-1:0] q
);

    localparam W = A + M + 2;

    reg                 busy;
    reg signed [W-1:0]  p;
    reg        [S-1:0]  by;
    reg        [7:0]    log2;
    integer k;
    always @* begin
        log2 = 0;
        for (k = 0; k < M; k = k + 1) if (m[k]) log2 = k;
    end

    wire signed [W-1:0] one   = 1;
    wire signed [W-1:0] kept  = p >>> by;
    wire signed [W-1:0] lost  = p & ~({W{1'b1}} << by);
    wire signed [W-1:0] half  = (by == 0) ? 0 : one <<< (by - 1'b1);
    wire                up    = (by != 0) & ((lost > half) | ((lost == half) & kept[0]));
    wire signed [W-1:0] moved = kept + $signed({1'b0, up}) + offset;

    always @(posedge clk) begin
        busy <= go & rst_n;
        done <= busy & rst_n;
        p    <= ($signed({{(W - A) {acc[A-1]}}, acc}) <<< log2) + b;
        by   <= s;
        q    <= (moved < least) ? least : (moved > most) ? most : moved;
    end

endmodule
