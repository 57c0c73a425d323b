// dut_bridge: lets a pipeline that cannot be held back stand behind AXI-Stream handshakes.
//
// Spec        An input is taken only while there is room for its result: s_axis_tready_o = credits left. Results that
//             m_axis_tready_i does not take at once wait in a fall-through buffer, in order.
// Latency     that of the pipeline: a result that finds the buffer empty passes in the same cycle
// Handshake   done_i marks a result on result_i. Without it (MARKED = 0) the result is what result_i holds LATENCY cycles
//             after its input. DEPTH inputs may be inside; LATENCY + 2 keep a pipeline full.
//             Inputs with silent_i give no result and take no credit.
`default_nettype none

module dut_bridge #(
    parameter W       = 8,
    parameter DEPTH   = 8,
    parameter LATENCY = 1,                      // with MARKED = 0
    parameter MARKED  = 1
) (
    input  wire         clk_i,
    input  wire         rst_ni,
    input  wire         s_axis_tvalid_i,
    output wire         s_axis_tready_o,
    input  wire         silent_i,
    output wire         taken_o,                // an input enters the pipeline
    input  wire         done_i,
    input  wire [W-1:0] result_i,
    output wire         m_axis_tvalid_o,
    input  wire         m_axis_tready_i,
    output wire [W-1:0] m_axis_tdata_o
);

    localparam ADDR_W  = (DEPTH > 1) ? $clog2(DEPTH) : 1;
    localparam COUNT_W = $clog2(DEPTH + 1);
    localparam [31:0]        SIZE = DEPTH;
    localparam [31:0]        END  = DEPTH - 1;
    localparam [ADDR_W-1:0]  LAST = END[ADDR_W-1:0];
    localparam [COUNT_W-1:0] FULL = SIZE[COUNT_W-1:0];
    localparam [COUNT_W-1:0] ONE  = 1;

    reg [W-1:0]        mem [0:DEPTH-1];
    reg [ADDR_W-1:0]   head_q, tail_q;          // next write, next read
    reg [COUNT_W-1:0]  waiting_q;               // results in mem
    reg [COUNT_W-1:0]  inside_q;                // inputs whose result has not left
    reg [LATENCY:0]    due_q;                   // bit k: an input entered k + 1 cycles ago

    assign s_axis_tready_o = (inside_q != FULL);
    assign taken_o         = s_axis_tvalid_i & s_axis_tready_o;

    wire               enter = taken_o & ~silent_i;
    wire [LATENCY+1:0] due   = {due_q, enter};
    wire               done  = (MARKED != 0) ? done_i : due[LATENCY];
    wire               empty = (waiting_q == {COUNT_W{1'b0}});
    wire               leave = m_axis_tvalid_o & m_axis_tready_i;
    wire               push  = done & ~(empty & m_axis_tready_i) & (waiting_q != FULL);
    wire               pop   = leave & ~empty;
    assign m_axis_tvalid_o = ~empty | done;
    assign m_axis_tdata_o  = empty ? result_i : mem[tail_q];

    always @(posedge clk_i) begin
        due_q <= due[LATENCY:0];
        if (push) begin
            mem[head_q] <= result_i;
            head_q      <= (head_q == LAST) ? {ADDR_W{1'b0}} : head_q + 1'b1;
        end
        if (pop) tail_q <= (tail_q == LAST) ? {ADDR_W{1'b0}} : tail_q + 1'b1;
        if (push & ~pop) waiting_q <= waiting_q + ONE;
        if (pop & ~push) waiting_q <= waiting_q - ONE;
        if (enter & ~leave) inside_q <= inside_q + ONE;
        if (leave & ~enter & (inside_q != {COUNT_W{1'b0}})) inside_q <= inside_q - ONE;
        if (!rst_ni) begin
            due_q     <= {(LATENCY + 1) {1'b0}};
            head_q    <= {ADDR_W{1'b0}};
            tail_q    <= {ADDR_W{1'b0}};
            waiting_q <= {COUNT_W{1'b0}};
            inside_q  <= {COUNT_W{1'b0}};
        end
    end

    wire unused = &{1'b0, done_i, due};

endmodule

`default_nettype wire
