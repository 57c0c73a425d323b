// stream_stable: a word that waits keeps waiting, unchanged, until it is taken or a reset comes.
//
// Method      Assertions for the output of any stream; for the first cycle, in which nothing is known, they say
//             nothing.
// Doc         docs/formal.md
`default_nettype none

module stream_stable #(
    parameter W = 8                             // data, last and whatever else travels with a word
) (
    input wire         clk_i,
    input wire         rst_ni,
    input wire         valid_i,
    input wire         ready_i,
    input wire [W-1:0] data_i
);

    reg         waits_q = 1'b0;
    reg         reset_q = 1'b0;
    reg [W-1:0] data_q;
    always @(posedge clk_i) begin
        waits_q <= valid_i & ~ready_i & rst_ni;
        reset_q <= ~rst_ni;
        data_q  <= data_i;
    end

    always @* begin
        if (waits_q) assert (valid_i);
        if (waits_q) assert (data_i == data_q);
        if (reset_q) assert (!valid_i);         // a reset drops what was inside
    end

    always @* cover (waits_q & ready_i);

endmodule

`default_nettype wire
