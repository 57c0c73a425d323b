// row_writer: puts beats of results together to groups of COLS lanes and gives each its place in the activation memory.
//
// Spec        result j of row i goes to bank j mod ROWS of word base + i * step + floor(j / ROWS); lanes of a row's last group
//             beyond the row hold 0, and last_o says that the groups above it in its word are to get 0
// Widths      addresses modulo 2^ADDR_W; rows: 24 bits
// Latency     a group leaves one cycle after its last beat
// Handshake   valid only. done_o comes with the last group of the last row; start_i rewinds.
// Doc         docs/units/row_engine.md
`default_nettype none

module row_writer #(
    parameter COLS    = 16,
    parameter X_W     = 8,
    parameter LANES   = 4,                      // a power of two that divides COLS
    parameter GROUPS  = 1,                      // groups a memory word: ROWS / COLS
    parameter GROUP_W = 1,
    parameter ADDR_W  = 12
) (
    input  wire                 clk_i,
    input  wire                 rst_ni,
    input  wire                 start_i,        // descriptor inputs are valid from here to done_o
    input  wire [ADDR_W-1:0]    base_i,
    input  wire [ADDR_W-1:0]    step_i,
    input  wire [23:0]          rows_i,
    // results; 0 beyond the row
    input  wire                 valid_i,
    input  wire [LANES*X_W-1:0] data_i,
    input  wire                 last_i,         // of the row
    // groups
    output wire                 valid_o,
    output wire [COLS*X_W-1:0]  data_o,
    output wire [ADDR_W-1:0]    addr_o,
    output wire [GROUP_W-1:0]   group_o,
    output wire                 last_o,         // of its row
    output wire                 done_o
);

    localparam PARTS  = COLS / LANES;           // beats of a group
    localparam PART_W = (PARTS > 1) ? $clog2(PARTS) : 1;
    localparam [31:0] TOP_PART  = PARTS - 1;
    localparam [31:0] TOP_GROUP = GROUPS - 1;

    // ---- A group, beat by beat. Its first one clears the others.
    reg [PART_W-1:0]    part_q;
    reg                 valid_q, last_q;
    reg [COLS*X_W-1:0]  data_q;
    wire                whole = last_i | (part_q == TOP_PART[PART_W-1:0]);

    genvar part;
    generate
        for (part = 0; part < PARTS; part = part + 1) begin : g_part
            localparam [31:0] NUMBER = part;
            wire mine = (part_q == NUMBER[PART_W-1:0]);
            always @(posedge clk_i) begin
                if (valid_i & (mine | (part_q == {PART_W{1'b0}})))
                    data_q[part*LANES*X_W+:LANES*X_W] <= mine ? data_i : {LANES * X_W{1'b0}};
            end
        end
    endgenerate

    // ---- Its place.
    reg [ADDR_W-1:0]  addr_q, row_addr_q;
    reg [GROUP_W-1:0] group_q;
    reg [23:0]        row_q;
    wire              last_group = (group_q == TOP_GROUP[GROUP_W-1:0]);
    wire [ADDR_W-1:0] next_row   = row_addr_q + step_i;

    assign valid_o = valid_q;
    assign data_o  = data_q;
    assign addr_o  = addr_q;
    assign group_o = group_q;
    assign last_o  = last_q;
    assign done_o  = valid_q & last_q & (row_q == rows_i - 24'd1);

    always @(posedge clk_i) begin
        valid_q <= valid_i & whole;
        last_q  <= last_i;
        if (valid_i) part_q <= whole ? {PART_W{1'b0}} : part_q + {{(PART_W - 1) {1'b0}}, 1'b1};
        if (valid_q) begin
            group_q <= last_group ? {GROUP_W{1'b0}} : group_q + {{(GROUP_W - 1) {1'b0}}, 1'b1};
            addr_q  <= addr_q + {{(ADDR_W - 1) {1'b0}}, last_group};
            if (last_q) begin
                group_q    <= {GROUP_W{1'b0}};
                addr_q     <= next_row;
                row_addr_q <= next_row;
                row_q      <= row_q + 24'd1;
            end
        end
        if (start_i) begin
            group_q    <= {GROUP_W{1'b0}};
            addr_q     <= base_i;
            row_addr_q <= base_i;
            row_q      <= 24'd0;
        end
        if (!rst_ni) begin
            part_q  <= {PART_W{1'b0}};
            valid_q <= 1'b0;
        end
    end

endmodule

`default_nettype wire
