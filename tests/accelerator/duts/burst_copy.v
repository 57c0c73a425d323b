// Copies lines of four words through AXI4, twice: as caches do, by WRAP bursts that begin in the middle of a line; and
// word by word, read twice by a FIXED burst and written byte by byte by another.

module burst_copy #(
    parameter SOURCE = 32'h100, parameter LINES = 32, parameter WRAPPED = 32'h1000, parameter FIXED_TO = 32'h2000,
    parameter FIXED_FROM = SOURCE
) (
    input             clk,
    input             rst_n,
    input             start,
    output            done,
    output reg [31:0] m_araddr,
    output reg [7:0]  m_arlen,
    output     [2:0]  m_arsize,
    output reg [1:0]  m_arburst,
    output reg        m_arvalid,
    input             m_arready,
    input      [31:0] m_rdata,
    input      [1:0]  m_rresp,
    input             m_rlast,
    input             m_rvalid,
    output            m_rready,
    output reg [31:0] m_awaddr,
    output     [7:0]  m_awlen,
    output     [2:0]  m_awsize,
    output reg [1:0]  m_awburst,
    output reg        m_awvalid,
    input             m_awready,
    output     [31:0] m_wdata,
    output     [3:0]  m_wstrb,
    output            m_wlast,
    output reg        m_wvalid,
    input             m_wready,
    input      [1:0]  m_bresp,
    input             m_bvalid,
    output            m_bready
);

    localparam IDLE = 0, ASK = 1, READ = 2, PUT = 3, WRITE = 4, ANSWER = 5, DONE = 6;
    reg [2:0]  state;
    reg [15:0] item;                                    // lines, then words
    reg        fixed;
    reg [1:0]  beat;
    reg [31:0] line [0:3];
    reg [31:0] word;

    wire [1:0] first = item[1:0];                       // in the line, where the read begins
    wire [1:0] from  = item[1:0] + 2'd1;                // and the write
    wire [1:0] into  = first + beat;
    wire [1:0] now   = from + beat;
    assign m_arsize  = 3'd2;
    assign m_awsize  = 3'd2;
    assign m_awlen   = 8'd3;
    assign m_rready  = (state == READ);
    assign m_bready  = (state == ANSWER);
    assign m_wlast   = (beat == 2'd3);
    assign m_wstrb   = fixed ? 4'd1 << beat : 4'hf;
    assign m_wdata   = fixed ? word ^ ~(32'hff << 8 * beat) : line[now];
    assign done      = (state == DONE);

    always @(posedge clk) begin
        case (state)
            IDLE, DONE: if (start) begin
                item  <= 0;
                fixed <= 1'b0;
                state <= ASK;
            end
            ASK: begin
                m_arvalid <= 1'b1;
                m_araddr  <= fixed ? FIXED_FROM + 4 * item : SOURCE + 16 * item + 4 * first;
                m_arlen   <= fixed ? 8'd1 : 8'd3;
                m_arburst <= fixed ? 2'b00 : 2'b10;
                beat      <= 0;
                word      <= 32'hffffffff;
                if (m_arvalid & m_arready) begin
                    m_arvalid <= 1'b0;
                    state     <= READ;
                end
            end
            READ: if (m_rvalid) begin
                if (!fixed) line[into] <= m_rdata;
                word <= word & m_rdata;
                beat <= m_rlast ? 2'd0 : beat + 2'd1;
                if (m_rlast) state <= PUT;
            end
            PUT: begin
                m_awvalid <= 1'b1;
                m_awaddr  <= fixed ? FIXED_TO + 4 * item : WRAPPED + 16 * item + 4 * from;
                m_awburst <= fixed ? 2'b00 : 2'b10;
                if (m_awvalid & m_awready) begin
                    m_awvalid <= 1'b0;
                    m_wvalid  <= 1'b1;
                    state     <= WRITE;
                end
            end
            WRITE: if (m_wready) begin
                beat <= beat + 2'd1;
                if (m_wlast) begin
                    m_wvalid <= 1'b0;
                    state    <= ANSWER;
                end
            end
            ANSWER: if (m_bvalid) begin
                item  <= item + 1;
                state <= ASK;
                if (!fixed & item == LINES - 1) begin
                    item  <= 0;
                    fixed <= 1'b1;
                end
                if (fixed & item == 4 * LINES - 1) state <= DONE;
            end
        endcase
        if (!rst_n) begin
            state     <= IDLE;
            m_arvalid <= 1'b0;
            m_awvalid <= 1'b0;
            m_wvalid  <= 1'b0;
        end
    end

endmodule
