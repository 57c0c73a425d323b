// stream_loader: carries out the LOAD, WEIGHTS, PARAMS and TABLES steps: words from the input stream into a memory.
//
// Spec        words_i memory words go to base_i, base_i + 1, ... of the chosen memory. An activation or weight word is one
//             beat, in its lowest bits; a parameter word is PAR_BEATS beats and an entry of a table TBL_BEATS, the lowest
//             bits first.
// Errors      tlast must come with the last beat of the step and with no other one; otherwise misplaced_o pulses after that
//             beat, and the step ends there.
// Latency     a word is written in the cycle after its (last) beat; one beat a cycle
// Handshake   AXI-Stream; s_axis_tready_o is high from the cycle after start_i to the last beat. done_o pulses in the cycle
//             of the last write. No start_i while a step runs.
// Doc         docs/units/transfers.md
`default_nettype none
`include "port_widths.vh"

module stream_loader #(
    parameter S_W       = 128,                  // stream
    parameter ADDR_W    = 24,
    parameter PAR_W     = 992,                  // parameter word
    parameter PAR_BEATS = 8,                    // ceil(PAR_W / S_W)
    parameter TBL_W     = `T2C_TABLE_W,         // do not override: entry of a table
    parameter TBL_BEATS = (TBL_W + S_W - 1) / S_W // do not override
) (
    input  wire                     clk_i,
    input  wire                     rst_ni,
    input  wire                     start_i,
    input  wire                     act_i,      // what to load, with start_i: activations,
    input  wire                     wgt_i,      // weights,
    input  wire                     par_i,      // parameters,
    input  wire                     tbl_i,      // or tables
    input  wire [ADDR_W-1:0]        base_i,
    input  wire [ADDR_W-1:0]        words_i,    // at least 1
    output reg                      done_o,
    output reg                      misplaced_o,
    input  wire                     s_axis_tvalid_i,
    output wire                     s_axis_tready_o,
    input  wire [S_W-1:0]           s_axis_tdata_i,
    input  wire                     s_axis_tlast_i,
    // memory write ports
    output reg                      act_we_o,
    output reg                      wgt_we_o,
    output reg                      par_we_o,
    output reg                      tbl_we_o,
    output reg  [ADDR_W-1:0]        waddr_o,
    output wire [S_W-1:0]           wdata_o,
    output wire [PAR_W-1:0]         par_wdata_o,
    output wire [TBL_W-1:0]         tbl_wdata_o
);

    localparam BEATS  = (PAR_BEATS > TBL_BEATS) ? PAR_BEATS : TBL_BEATS;
    localparam BEAT_W = $clog2(BEATS + 1);
    localparam [31:0] PAR_TOP = PAR_BEATS - 1, TBL_TOP = TBL_BEATS - 1;

    reg                 busy_q, act_q, wgt_q, par_q, tbl_q;
    reg [ADDR_W-1:0]    next_q, left_q;
    reg [BEAT_W-1:0]    beat_q;                 // beats of the word that still follow this one
    reg [BEATS*S_W-1:0] beats_q;                // the newest beat in the highest bits

    wire [BEAT_W-1:0] beats_less_1 =
        par_q ? PAR_TOP[BEAT_W-1:0] : tbl_q ? TBL_TOP[BEAT_W-1:0] : {BEAT_W{1'b0}};
    wire beat      = s_axis_tvalid_i & busy_q;
    wire word      = beat & (beat_q == {BEAT_W{1'b0}});
    wire last      = word & (left_q == {{(ADDR_W - 1) {1'b0}}, 1'b1});
    wire misplaced = beat & (s_axis_tlast_i != last);

    assign s_axis_tready_o = busy_q;
    assign wdata_o         = beats_q[(BEATS-1)*S_W+:S_W];
    assign par_wdata_o     = beats_q[(BEATS-PAR_BEATS)*S_W+:PAR_W];
    assign tbl_wdata_o     = beats_q[(BEATS-TBL_BEATS)*S_W+:TBL_W];
    wire unused_beats = &{1'b0, beats_q};

    generate
        if (BEATS == 1) begin : g_one
            always @(posedge clk_i) if (beat) beats_q <= s_axis_tdata_i;
        end else begin : g_many
            always @(posedge clk_i) begin
                if (beat) begin
                    beats_q[(BEATS-1)*S_W+:S_W] <= s_axis_tdata_i;
                    if (par_q | tbl_q) beats_q[0+:(BEATS-1)*S_W] <= beats_q[S_W+:(BEATS-1)*S_W];
                end
            end
        end
    endgenerate

    always @(posedge clk_i) begin
        act_we_o    <= word & act_q;
        wgt_we_o    <= word & wgt_q;
        par_we_o    <= word & par_q;
        tbl_we_o    <= word & tbl_q;
        waddr_o     <= next_q;
        done_o      <= last & ~misplaced;
        misplaced_o <= misplaced;
        if (beat) beat_q <= word ? beats_less_1 : beat_q - {{(BEAT_W - 1) {1'b0}}, 1'b1};
        if (word) begin
            next_q <= next_q + {{(ADDR_W - 1) {1'b0}}, 1'b1};
            left_q <= left_q - {{(ADDR_W - 1) {1'b0}}, 1'b1};
        end
        if (last | misplaced) busy_q <= 1'b0;
        if (start_i) begin
            busy_q <= 1'b1;
            act_q  <= act_i;
            wgt_q  <= wgt_i;
            par_q  <= par_i;
            tbl_q  <= tbl_i;
            next_q <= base_i;
            left_q <= words_i;
            beat_q <= par_i ? PAR_TOP[BEAT_W-1:0] : tbl_i ? TBL_TOP[BEAT_W-1:0] : {BEAT_W{1'b0}};
        end
        if (!rst_ni) begin
            busy_q      <= 1'b0;
            act_we_o    <= 1'b0;
            wgt_we_o    <= 1'b0;
            par_we_o    <= 1'b0;
            tbl_we_o    <= 1'b0;
            done_o      <= 1'b0;
            misplaced_o <= 1'b0;
        end
    end

endmodule

`default_nettype wire
