// late: LATENCY cycles between an input and its result, one input a cycle or, with ONE, one input at a time.
// Elastic: nothing moves while a result waits for ready. LATENCY 0 is wires.
`default_nettype none

module late #(
    parameter W       = 8,
    parameter LATENCY = 3,
    parameter ONE     = 0
) (
    input  wire         clk,
    input  wire         rst,
    input  wire         in_valid,
    output wire         in_ready,
    input  wire [W-1:0] in,
    output wire         out_valid,
    input  wire         out_ready,
    output wire [W-1:0] out
);

    generate
        if (LATENCY == 0) begin : g_wires
            assign out_valid = in_valid;
            assign in_ready  = out_ready;
            assign out       = in;
            wire unused = &{1'b0, clk, rst};
        end else begin : g_stages
            reg [LATENCY-1:0]   valid_q;
            reg [W*LATENCY-1:0] data_q;
            wire hold = out_valid & ~out_ready;
            wire busy = (ONE != 0) & (|valid_q);
            assign in_ready  = ~hold & ~busy;
            assign out_valid = valid_q[LATENCY-1];
            assign out       = data_q[W*(LATENCY-1)+:W];
            wire [LATENCY:0]       valids = {valid_q, in_valid & in_ready};
            wire [W*(LATENCY+1)-1:0] datas = {data_q, in};
            always @(posedge clk) begin
                if (!hold) begin
                    valid_q <= valids[LATENCY-1:0];
                    data_q  <= datas[W*LATENCY-1:0];
                end
                if (rst) valid_q <= {LATENCY{1'b0}};
            end
            wire unused = &{1'b0, valids[LATENCY], datas[W*LATENCY+:W]};
        end
    endgenerate

endmodule

`default_nettype wire
