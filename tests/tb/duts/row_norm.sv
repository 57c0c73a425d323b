// A LayerNorm as someone else might write it: one row at a time, worked out at once when its last beat is in, with the
// operators / and * and a root by bisection. A beat of results takes three cycles.

module row_norm #(
    parameter int X = 8,                        // element
    parameter int N = 4,                        // elements of a beat
    parameter int L = 6,                        // rows of up to 2^L
    parameter int E = 32,                       // epsilon
    parameter int K = 16,                       // root
    parameter int F = 12,                       // fraction of t
    parameter int M = 16,                       // multiplier
    parameter int B = 32,                       // bias
    parameter int S = 6,                        // shift
    parameter int Y = 8                         // result
) (
    input  logic                 clk,
    input  logic                 rst,
    input  logic                 is_signed,
    input  logic [E-1:0]         epsilon,
    input  logic signed [Y:0]    zero,
    input  logic signed [Y:0]    least,
    input  logic signed [Y:0]    most,
    input  logic                 in_valid,
    output logic                 in_ready,
    input  logic [N*X-1:0]       in_x,
    input  logic [N-1:0]         in_keep,
    input  logic                 in_last,
    output logic [L-$clog2(N)-1:0] beat,
    input  logic [N*(S+B+M)-1:0] constants,
    output logic                 out_valid,
    input  logic                 out_ready,
    output logic [N*Y-1:0]       out_y,
    output logic [N-1:0]         out_keep,
    output logic                 out_last
);

    typedef enum logic [1:0] {COLLECT, ADDRESS, ANSWER, SHOW} state_t;
    state_t       state;
    logic [X-1:0] row[1 << L];
    logic         going;
    integer       k, at, count, halves, down;
    longint       sum, squares, spread, moved, root, next, r, t, y;

    function automatic longint value(input logic [X-1:0] bits, input logic as_signed);
        return as_signed && bits[X-1] ? longint'(bits) - (longint'(1) << X) : longint'(bits);
    endfunction

    function automatic longint rounded(input longint number, input integer places);
        return places == 0 ? number : (number + (longint'(1) << (places - 1))) >>> places;
    endfunction

    function automatic longint field(input integer lane, input integer from, input integer width);
        return longint'(constants[lane*(S+B+M)+from+:64] & ((64'd1 << width) - 1));
    endfunction

    function automatic longint as_signed(input longint bits, input integer width);
        return bits >= (longint'(1) << (width - 1)) ? bits - (longint'(1) << width) : bits;
    endfunction

    assign in_ready  = state == COLLECT;
    assign out_valid = state == SHOW;

    always @(posedge clk) begin
        case (state)
            COLLECT: if (in_valid) begin
                going = 1'b1;
                for (k = 0; k < N; k = k + 1) begin
                    if (in_last && k > 0 && !in_keep[k]) going = 1'b0;
                    if (going) begin
                        row[count] = in_x[k*X+:X];
                        count      = count + 1;
                    end
                end
                if (in_last) begin
                    sum     = 0;
                    squares = 0;
                    for (k = 0; k < count; k = k + 1) begin
                        sum     = sum + value(row[k], is_signed);
                        squares = squares + value(row[k], is_signed) * value(row[k], is_signed);
                    end
                    spread = count * squares - sum * sum + longint'(epsilon);
                    halves = 0;
                    while (halves < 31 && (spread >> (2 * halves)) != 0) halves = halves + 1;
                    moved = halves > K ? spread >> (2 * (halves - K)) : spread << (2 * (K - halves));
                    root  = 0;
                    for (next = longint'(1) << (K - 1); next != 0; next = next >> 1)
                        if ((root + next) * (root + next) <= moved) root = root + next;
                    r     = (longint'(1) << (2 * K)) / root;
                    down  = K + halves - F;
                    beat <= '0;
                    state <= ADDRESS;
                end
            end
            ADDRESS: state <= ANSWER;           // the constants come in the next cycle
            ANSWER: begin
                for (k = 0; k < N; k = k + 1) begin
                    at = integer'(beat) * N + k;
                    t  = rounded((count * value(row[at], is_signed) - sum) * r, down);
                    y  = t * as_signed(field(k, 0, M), M) + as_signed(field(k, M, B), B);
                    y  = rounded(y, integer'(field(k, M + B, S))) + longint'(zero);
                    if (y > longint'(most)) y = longint'(most);
                    if (y < longint'(least)) y = longint'(least);
                    out_y[k*Y+:Y] <= at < count ? y[Y-1:0] : '0;
                    out_keep[k]   <= at < count;
                end
                out_last <= integer'(beat) * N + N >= count;
                state    <= SHOW;
            end
            default: if (out_ready) begin
                beat  <= beat + 1'b1;
                state <= out_last ? COLLECT : ADDRESS;
                if (out_last) count = 0;
            end
        endcase
        if (rst) begin
            state <= COLLECT;
            count = 0;
        end
    end

endmodule
