// row_writer_places: each result of each row goes once to its lane of its group of its word; lanes beyond a row hold 0.
//
// Method      The harness counts rows and beats as they come and adds up the address of the row; the place of a group is that
//             of its last beat. One part of the group, whichever, is kept and must stand in it. The unit's registers are
//             tied to the group that leaves, or else to the one that the next beat belongs to.
// Assumed     a reset in the first cycle; rows; beats of these only, and 1024 a row at the most; the descriptor stays, and no
//             start comes, until after the last group.
// Doc         docs/formal.md
`default_nettype none

module row_writer_places #(
    parameter COLS   = 8,
    parameter LANES  = 2,
    parameter GROUPS = 3,
    parameter ADDR_W = 24
) (
    input wire               clk_i,
    input wire               rst_ni,
    input wire               start_i,
    input wire [ADDR_W-1:0]  base_i,
    input wire [ADDR_W-1:0]  step_i,
    input wire [23:0]        rows_i,
    input wire               valid_i,
    input wire [LANES*2-1:0] data_i,
    input wire               last_i
);

    localparam X_W     = 2;
    localparam BEAT_W  = 10;
    localparam PARTS   = COLS / LANES;
    localparam PART_W  = $clog2(PARTS);
    localparam GROUP_W = $clog2(GROUPS);

    wire                valid, last, done;
    wire [COLS*X_W-1:0] data;
    wire [ADDR_W-1:0]   addr;
    wire [GROUP_W-1:0]  group;
    row_writer #(.COLS(COLS), .X_W(X_W), .LANES(LANES), .GROUPS(GROUPS), .GROUP_W(GROUP_W), .ADDR_W(ADDR_W)) dut (
        .clk_i(clk_i), .rst_ni(rst_ni), .start_i(start_i), .base_i(base_i), .step_i(step_i), .rows_i(rows_i),
        .valid_i(valid_i), .data_i(data_i), .last_i(last_i),
        .valid_o(valid), .data_o(data), .addr_o(addr), .group_o(group), .last_o(last), .done_o(done)
    );
    (* hierconn *) wire [PART_W-1:0]  \dut.part_q ;
    (* hierconn *) wire [GROUP_W-1:0] \dut.group_q ;
    (* hierconn *) wire [ADDR_W-1:0]  \dut.addr_q , \dut.row_addr_q ;
    (* hierconn *) wire [23:0]        \dut.row_q ;

    reg               started_q = 1'b0;
    reg               running_q;                // from the start to the last group
    reg [ADDR_W-1:0]  base_q, step_q;
    reg [23:0]        rows_q;
    reg [23:0]        row_q;                    // of the next beat
    reg [ADDR_W-1:0]  row_base_q;               // its row's first word
    reg [BEAT_W-1:0]  beat_q;                   // its number in the row
    wire [BEAT_W-1:0] number = beat_q / PARTS;  // of its group
    wire              whole  = last_i | (beat_q % PARTS == PARTS - 1);

    // The group that leaves, and one part of a group.
    reg               leaves_q, last_q;
    reg [ADDR_W-1:0]  place_q;
    reg [GROUP_W-1:0] number_q;
    (* anyconst *) wire [PART_W-1:0] part;
    reg [LANES*X_W-1:0] part_q;

    always @(posedge clk_i) begin
        started_q <= 1'b1;
        leaves_q  <= valid_i & whole;
        last_q    <= last_i;
        place_q   <= row_base_q + number / GROUPS;
        number_q  <= number % GROUPS;
        if (valid_i) begin
            beat_q <= last_i ? 0 : beat_q + 1'b1;
            if (last_i) {row_q, row_base_q} <= {row_q + 24'd1, row_base_q + step_q};
            if (beat_q % PARTS == part) part_q <= data_i;
            else if (beat_q % PARTS == 0) part_q <= 0;
        end
        if (leaves_q & last_q & row_q == rows_q) running_q <= 1'b0;
        if (start_i) begin
            running_q <= 1'b1;
            {base_q, step_q, rows_q} <= {base_i, step_i, rows_i};
            {row_q, row_base_q} <= {24'd0, base_i};
        end
        if (!rst_ni) {running_q, leaves_q, beat_q} <= 0;
    end

    always @* begin
        if (!started_q) assume (!rst_ni);
        assume (rows_i != 0);
        if (started_q) begin
            if (running_q) assume (!start_i & {base_i, step_i, rows_i} == {base_q, step_q, rows_q});
            if (valid_i) assume (running_q & row_q != rows_q & (last_i | beat_q != {BEAT_W{1'b1}}));
        end
    end

    always @* if (started_q) begin
        assert (valid == leaves_q);
        assert (done == (leaves_q & last_q & row_q == rows_q));
        if (valid) begin
            assert (addr == place_q & group == number_q & last == last_q);
            assert (data[part*LANES*X_W+:LANES*X_W] == part_q);
        end
    end

`ifdef INVARIANTS
    wire ended = leaves_q & last_q;
    always @* if (started_q) begin
        assert (\dut.part_q == beat_q % PARTS);
        if (beat_q % PARTS != 0) assert (data[part*LANES*X_W+:LANES*X_W] == part_q & !ended);
        if (leaves_q) assert (running_q & beat_q % PARTS == 0 & (!last_q | beat_q == 0));
        if (leaves_q & !last_q) assert (beat_q != 0);
        if (beat_q != 0) assert (running_q & row_q != rows_q);
        if (running_q) begin
            assert (rows_q != 0 & row_q <= rows_q & (row_q != rows_q | ended));
            assert (\dut.row_q == ((row_q - ended) & 24'hff_ffff) & (!ended | row_q != 0));
            assert (\dut.row_addr_q == ((row_base_q - (ended ? step_q : 0)) & {ADDR_W{1'b1}}));
            if (!leaves_q) assert (\dut.addr_q == ((row_base_q + number / GROUPS) & {ADDR_W{1'b1}}));
            if (!leaves_q) assert (\dut.group_q == number % GROUPS);
            // The group that leaves is the one before.
            if (leaves_q & !last_q) assert (place_q == ((row_base_q + (number - 1'b1) / GROUPS) & {ADDR_W{1'b1}}));
            if (leaves_q & !last_q) assert (number_q == (number - 1'b1) % GROUPS);
        end
    end
`endif

    always @* if (started_q) begin
        cover (done & row_q == 2 & group == 1 & place_q == 16 & base_q == 8 & step_q == 7 & part == 1 & part_q == 0);
        cover (valid & !last & group == 2 & \dut.row_q == 1 & part == 3 & part_q == 9);
    end

endmodule

`default_nettype wire
