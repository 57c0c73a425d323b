// door_hold: watches one valid-ready channel and writes what breaks its rules. Simulation only.
//
// Rules       valid and ready are known; the payload is known where mask_i asks for it; a valid that was not taken
//             stays, and its payload with it
// Events      into fd_i, a line each: `X name run cycle what` unknown, `F name run cycle` valid fell,
//             `C name run cycle before after` payload changed; at most MOST lines of a channel
`default_nettype none

module door_hold #(
    parameter NAME  = "port",
    parameter WIDTH = 8,
    parameter MOST  = 16
) (
    input wire             clk_i,
    input wire             rst_ni,
    input wire [31:0]      fd_i,
    input wire [31:0]      run_i,
    input wire [31:0]      cycle_i,
    input wire             valid_i,
    input wire             ready_i,
    input wire [WIDTH-1:0] data_i
);

    reg             stalled_q = 1'b0;
    reg [WIDTH-1:0] before_q;
    integer         said = 0;

    always @(posedge clk_i) begin
        stalled_q <= (valid_i === 1'b1) & (ready_i === 1'b0);
        before_q  <= data_i;
        if (!rst_ni) stalled_q <= 1'b0;
        else if (said < MOST) begin
            if ((valid_i ^ ready_i) === 1'bx) begin
                $fwrite(fd_i, "X %s %0d %0d valid=%b,ready=%b\n", NAME, run_i, cycle_i, valid_i, ready_i);
                said <= said + 1;
            end else if (stalled_q & valid_i !== 1'b1) begin
                $fwrite(fd_i, "F %s %0d %0d\n", NAME, run_i, cycle_i);
                said <= said + 1;
            end else if (stalled_q & data_i !== before_q) begin
                $fwrite(fd_i, "C %s %0d %0d %h %h\n", NAME, run_i, cycle_i, before_q, data_i);
                said <= said + 1;
            end
        end
    end

endmodule

`default_nettype wire
