// axi_pool: 2x2 maximum over maps of 4x4 bytes in a memory behind AXI4, started by AXI4-Lite.
//
// Registers   0x00 write 1: start; 0x04 bit 0: done; 0x10 source; 0x14 destination, even; 0x18 number of maps
// Memory      a map is read as a burst of 4 words, its 4 results are written as a burst of 1 or, where the destination
//             is no whole word, 2 words with byte strobes. Two reads at once, ids take turns
`default_nettype none

module axi_pool (
    input  wire        aclk,
    input  wire        aresetn,
    // AXI4-Lite, slave
    input  wire [5:0]  s_ctl_awaddr,
    input  wire        s_ctl_awvalid,
    output wire        s_ctl_awready,
    input  wire [31:0] s_ctl_wdata,
    input  wire [3:0]  s_ctl_wstrb,
    input  wire        s_ctl_wvalid,
    output wire        s_ctl_wready,
    output wire [1:0]  s_ctl_bresp,
    output reg         s_ctl_bvalid,
    input  wire        s_ctl_bready,
    input  wire [5:0]  s_ctl_araddr,
    input  wire        s_ctl_arvalid,
    output wire        s_ctl_arready,
    output reg  [31:0] s_ctl_rdata,
    output wire [1:0]  s_ctl_rresp,
    output reg         s_ctl_rvalid,
    input  wire        s_ctl_rready,
    // AXI4, master
    output wire [1:0]  m_axi_awid,
    output reg  [31:0] m_axi_awaddr,
    output reg  [7:0]  m_axi_awlen,
    output wire [2:0]  m_axi_awsize,
    output wire [1:0]  m_axi_awburst,
    output reg         m_axi_awvalid,
    input  wire        m_axi_awready,
    output reg  [31:0] m_axi_wdata,
    output reg  [3:0]  m_axi_wstrb,
    output reg         m_axi_wlast,
    output reg         m_axi_wvalid,
    input  wire        m_axi_wready,
    input  wire [1:0]  m_axi_bid,
    input  wire [1:0]  m_axi_bresp,
    input  wire        m_axi_bvalid,
    output wire        m_axi_bready,
    output wire [1:0]  m_axi_arid,
    output wire [31:0] m_axi_araddr,
    output wire [7:0]  m_axi_arlen,
    output wire [2:0]  m_axi_arsize,
    output wire [1:0]  m_axi_arburst,
    output wire        m_axi_arvalid,
    input  wire        m_axi_arready,
    input  wire [1:0]  m_axi_rid,
    input  wire [31:0] m_axi_rdata,
    input  wire [1:0]  m_axi_rresp,
    input  wire        m_axi_rlast,
    input  wire        m_axi_rvalid,
    output wire        m_axi_rready
);

    // ------------------------------------------------------------------ registers
    reg        start, done;
    reg [31:0] source, target, maps;
    wire       write = s_ctl_awvalid & s_ctl_wvalid & (~s_ctl_bvalid | s_ctl_bready);
    wire       read  = s_ctl_arvalid & (~s_ctl_rvalid | s_ctl_rready);

    assign {s_ctl_awready, s_ctl_wready, s_ctl_arready} = {write, write, read};
    assign {s_ctl_bresp, s_ctl_rresp} = 4'd0;

    always @(posedge aclk) begin
        start <= 1'b0;
        if (s_ctl_bready) s_ctl_bvalid <= 1'b0;
        if (s_ctl_rready) s_ctl_rvalid <= 1'b0;
        if (write) begin
            s_ctl_bvalid <= 1'b1;
            case (s_ctl_awaddr)
                6'h00: start  <= s_ctl_wdata[0];
                6'h10: source <= s_ctl_wdata;
                6'h14: target <= s_ctl_wdata;
                6'h18: maps   <= s_ctl_wdata;
                default: ;
            endcase
        end
        if (read) begin
            s_ctl_rvalid <= 1'b1;
            s_ctl_rdata  <= {31'd0, done};
        end
        if (!aresetn) begin
            {s_ctl_bvalid, s_ctl_rvalid, start} <= 3'd0;
            maps <= 0;
        end
    end

    // ------------------------------------------------------------------ reads, at most two on the way
    reg        running;
    reg [31:0] asked, came;
    assign m_axi_arvalid = running & (asked != maps) & (asked - came < 2);
    assign m_axi_araddr  = source + 16 * asked;
    assign m_axi_arid    = {1'b0, asked[0]};
    assign {m_axi_arlen, m_axi_arsize, m_axi_arburst} = {8'd3, 3'd2, 2'b01};

    // ------------------------------------------------------------------ maximum of two rows, then of two columns
    function [7:0] larger(input [7:0] x, input [7:0] y);
        larger = (x > y) ? x : y;
    endfunction

    reg  [1:0]  beat;
    reg  [15:0] upper;
    reg  [31:0] result;
    reg         full;
    reg  [31:0] written, answered;
    wire [15:0] pair = {larger(m_axi_rdata[31:24], m_axi_rdata[23:16]), larger(m_axi_rdata[15:8], m_axi_rdata[7:0])};
    wire [15:0] both = {larger(pair[15:8], upper[15:8]), larger(pair[7:0], upper[7:0])};
    assign m_axi_rready = ~full;

    // ------------------------------------------------------------------ writes
    wire        odd = target[1];
    wire [31:0] to  = target + 4 * written;
    reg         second;
    assign m_axi_awid = written[1:0];
    assign {m_axi_awsize, m_axi_awburst, m_axi_bready} = {3'd2, 2'b01, 1'b1};

    always @(posedge aclk) begin
        if (m_axi_arvalid & m_axi_arready) asked <= asked + 1;
        if (m_axi_rvalid & m_axi_rready) begin
            beat  <= beat + 1;
            upper <= pair;
            if (beat == 1) result[15:0] <= both;
            if (beat == 3) begin
                result[31:16] <= both;
                full          <= 1'b1;
                came          <= came + 1;
            end
        end
        if (m_axi_awvalid & m_axi_awready) m_axi_awvalid <= 1'b0;
        if (m_axi_wvalid & m_axi_wready) begin
            m_axi_wvalid <= second;
            second       <= 1'b0;
            m_axi_wdata  <= {16'd0, result[31:16]};
            m_axi_wstrb  <= 4'b0011;
            m_axi_wlast  <= 1'b1;
        end
        if (full & !m_axi_awvalid & !m_axi_wvalid & written != came) begin
            m_axi_awvalid <= 1'b1;
            m_axi_awaddr  <= {to[31:2], 2'b00};
            m_axi_awlen   <= {7'd0, odd};
            m_axi_wvalid  <= 1'b1;
            m_axi_wdata   <= odd ? {result[15:0], 16'd0} : result;
            m_axi_wstrb   <= odd ? 4'b1100 : 4'b1111;
            m_axi_wlast   <= ~odd;
            second        <= odd;
            written       <= written + 1;
        end
        if (full & written == came & !m_axi_awvalid & !m_axi_wvalid) full <= 1'b0;
        if (m_axi_bvalid) answered <= answered + 1;
        if (running & answered == maps) begin
            running <= 1'b0;
            done    <= 1'b1;
        end
        if (start) begin
            running  <= 1'b1;
            answered <= 0;
            asked   <= 0;
            came    <= 0;
            written <= 0;
            done    <= 1'b0;
        end
        if (!aresetn) begin
            {m_axi_awvalid, m_axi_wvalid, full, second, done, running} <= 6'd0;
            beat    <= 0;
            asked   <= 0;
            came    <= 0;
            written <= 0;
        end
    end

endmodule

`default_nettype wire
