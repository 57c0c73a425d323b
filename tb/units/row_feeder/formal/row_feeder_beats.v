// row_feeder_beats: each element of each row comes once, in order, out of its bank of its word; where a row ends.
//
// Method      The harness counts rows and elements and adds up the address of the row. One word of the memory is watched;
//             whichever it is, its elements must stand in the beats that are theirs. The memory has no enable. The unit's
//             registers are tied to the beat after the one that is at the output.
// Assumed     a reset in the first cycle; rows and elements, 2^LEN_W of these at the most; the descriptor stays, and no start
//             comes, until after the last beat.
// Doc         docs/formal.md
`default_nettype none

module row_feeder_beats #(
    parameter ROWS   = 12,
    parameter LANES  = 4,
    parameter ADDR_W = 24,
    parameter LEN_W  = 10
) (
    input wire              clk_i,
    input wire              rst_ni,
    input wire              start_i,
    input wire [ADDR_W-1:0] origin_i,
    input wire [ADDR_W-1:0] step_i,
    input wire [23:0]       rows_i,
    input wire [LEN_W:0]    length_i,
    input wire              ready_i
);

    localparam X_W     = 2;
    localparam SLICE_W = $clog2(ROWS / LANES);

    // The memory.
    (* anyconst *) wire [ADDR_W-1:0]   watch;
    (* anyconst *) wire [ROWS*X_W-1:0] content;
    (* anyseq *)   wire [ROWS*X_W-1:0] other;
    wire [ADDR_W-1:0] raddr;
    reg  [ADDR_W-1:0] given_q;
    always @(posedge clk_i) given_q <= raddr;

    wire                 valid, last;
    wire [LANES*X_W-1:0] data;
    wire [LANES-1:0]     keep;
    row_feeder #(.ROWS(ROWS), .X_W(X_W), .LANES(LANES), .ADDR_W(ADDR_W), .LEN_W(LEN_W)) dut (
        .clk_i(clk_i), .rst_ni(rst_ni), .start_i(start_i), .origin_i(origin_i), .step_i(step_i), .rows_i(rows_i),
        .length_i(length_i), .raddr_o(raddr), .rdata_i((given_q == watch) ? content : other),
        .valid_o(valid), .ready_i(ready_i), .data_o(data), .keep_o(keep), .last_o(last)
    );
    (* hierconn *) wire                     \dut.reading_q ;
    (* hierconn *) wire [ADDR_W-1:0]        \dut.addr_q , \dut.row_addr_q , \dut.given_addr_q ;
    (* hierconn *) wire [SLICE_W-1:0]       \dut.slice_q , \dut.given_slice_q ;
    (* hierconn *) wire [LEN_W-$clog2(LANES)-1:0] \dut.beat_q ;
    (* hierconn *) wire [23:0]              \dut.row_q ;

    reg              started_q = 1'b0;
    reg              left_q;                    // beats are left,
    reg              first_q;                   // all of them, in the cycle after the start
    reg [ADDR_W-1:0] origin_q, step_q;
    reg [23:0]       rows_q;
    reg [LEN_W:0]    length_q;
    reg [23:0]       row_q;                     // of the beat at the output
    reg [ADDR_W-1:0] base_q;                    // its row's first word
    reg [LEN_W:0]    element_q;                 // its first element
    wire             ends     = (element_q + LANES >= length_q);
    wire             last_row = (row_q + 1 == rows_q);
    always @(posedge clk_i) begin
        started_q <= 1'b1;
        first_q   <= start_i;
        if (valid & ready_i) begin
            element_q <= ends ? 0 : element_q + LANES;
            if (ends) {row_q, base_q} <= {row_q + 24'd1, base_q + step_q};
            if (ends & last_row) left_q <= 1'b0;
        end
        if (start_i) begin
            left_q <= 1'b1;
            {origin_q, step_q, rows_q, length_q} <= {origin_i, step_i, rows_i, length_i};
            {row_q, base_q, element_q} <= {24'd0, origin_i, {(LEN_W + 1) {1'b0}}};
        end
        if (!rst_ni) {left_q, first_q} <= 2'b00;
    end

    always @* begin
        if (!started_q) assume (!rst_ni);
        assume (rows_i != 0 & length_i != 0 & length_i <= (1 << LEN_W));
        if (started_q & left_q) begin
            assume (!start_i);
            assume ({origin_i, step_i, rows_i, length_i} == {origin_q, step_q, rows_q, length_q});
        end
    end

    wire [ADDR_W-1:0] address = base_q + element_q / ROWS;
    integer lane;
    always @* if (started_q) begin
        assert (valid == (left_q & !first_q));
        if (valid) begin
            assert (last == ends);
            for (lane = 0; lane < LANES; lane = lane + 1)
                if (last) assert (keep[lane] == (element_q + lane < length_q));
            if (address == watch) assert (data == content[(element_q % ROWS)*X_W+:LANES*X_W]);
        end
    end

`ifdef INVARIANTS
    // The beat that is read next.
    wire              turns   = !first_q & ends;
    wire [LEN_W:0]    element = first_q ? element_q : ends ? 0 : element_q + LANES;
    wire [ADDR_W-1:0] base    = turns ? base_q + step_q : base_q;
    always @* if (started_q) begin
        if (first_q) assert (left_q & row_q == 0 & element_q == 0 & base_q == origin_q);
        if (left_q) assert (rows_q != 0 & length_q != 0 & length_q <= (1 << LEN_W));
        if (left_q) assert (row_q < rows_q & element_q < length_q & element_q % LANES == 0);
        assert (\dut.reading_q == (left_q & (first_q | !(ends & last_row))));
        if (valid) begin
            assert (given_q == address & \dut.given_addr_q == address);
            assert (\dut.given_slice_q == element_q % ROWS / LANES);
        end
        if (\dut.reading_q ) begin
            assert (\dut.addr_q == ((base + element / ROWS) & {ADDR_W{1'b1}}) & \dut.row_addr_q == base);
            assert (\dut.slice_q == element % ROWS / LANES & \dut.beat_q == element / LANES);
            assert (\dut.row_q == ((row_q + turns) & 24'hff_ffff));
        end
    end
`endif

    always @* if (started_q) begin
        cover (valid & last & !ready_i & row_q == 2 & element_q == ROWS & keep == 1 & step_q == 5 & address == watch);
    end

endmodule

`default_nettype wire
