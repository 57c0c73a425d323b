// Copies through one memory that it has two ports to: reads by the one, writes by the other, then reads what it wrote.

module twin_ports #(
    parameter N = 64
) (
    input             clk,
    input             rst,
    input             go,
    output reg        done,
    output [7:0]      p_addr,
    input  [7:0]      p_rdata,
    output reg [7:0]  q_addr,
    output reg        q_we,
    output reg [7:0]  q_wdata
);

    reg       busy, second, late;
    reg [6:0] at, late_at;
    reg       late_second;

    assign p_addr = second ? 8'd127 - at : {1'b0, at};

    always @(posedge clk) begin
        late        <= busy;
        late_at     <= at;
        late_second <= second;
        q_we        <= late;
        q_addr      <= late_at + (late_second ? 8'd128 : 8'd64);
        q_wdata     <= p_rdata;
        done        <= 1'b0;
        if (go) {busy, second, at} <= {1'b1, 1'b0, 7'd0};
        else if (busy) begin
            at <= at + 1;
            if (at == N + 7 & !second) {second, at} <= {1'b1, 7'd0};
            if (at == N - 1 & second) busy <= 1'b0;
            if (at >= N & !second) late <= 1'b0;
        end else if (q_we & !late) done <= 1'b1;
        if (rst) {busy, late, q_we, done, second} <= 5'd0;
    end

endmodule
