// stall_gen: says in which cycles one side of a stream holds back. Simulation only.
//
// Spec        profile_i: 0 never; 1..254 at random, profile_i / 256 of all cycles; 255 bursts of 1..32 cycles
//             stalled, then 1..32 free. In every profile the first blocked_i cycles in which the stream has something
//             to move (armed_i) are stalled.
// Random      32-bit xorshift from seed_i (0 counts as 1)
`default_nettype none

module stall_gen (
    input  wire        clk_i,
    input  wire        rst_ni,
    input  wire [7:0]  profile_i,
    input  wire [15:0] blocked_i,
    input  wire        armed_i,
    input  wire [31:0] seed_i,
    output reg         stall_o
);

    reg [31:0] random_q;
    reg [15:0] blocked_q;
    reg [4:0]  burst_q;

    wire [31:0] mix1 = random_q ^ (random_q << 13);
    wire [31:0] mix2 = mix1 ^ (mix1 >> 17);
    wire [31:0] mix3 = mix2 ^ (mix2 << 5);
    wire        turn = (burst_q == 5'd0);
    wire        idle = (profile_i == 8'd0) & (blocked_q == 16'd0);

    always @(posedge clk_i) begin
        if (idle) stall_o <= 1'b0;
        else begin
            random_q <= mix3;
            burst_q  <= turn ? random_q[20:16] : burst_q - 5'd1;
            if (armed_i & blocked_q != 16'd0) blocked_q <= blocked_q - 16'd1;
            if (blocked_q != 16'd0) stall_o <= 1'b1;
            else if (profile_i == 8'd255) stall_o <= turn ? ~stall_o : stall_o;
            else stall_o <= (random_q[7:0] < profile_i);
        end
        if (!rst_ni) begin
            random_q  <= (seed_i == 32'd0) ? 32'd1 : seed_i;
            blocked_q <= blocked_i;
            burst_q   <= 5'd0;
            stall_o   <= (blocked_i != 16'd0);
        end
    end

endmodule

`default_nettype wire
