// load_roms: reads every image that make roms wrote, and checks its words against the manifest's CRC-32.
//   cd ROMS && iverilog -g2005 -o load_roms load_roms.v && vvp load_roms
`default_nettype none
`include "roms.vh"
module load_roms;
    `define T2C_IMAGE(name, file, bits, words, crc32) rom #(.FILE(file), .W(bits), .DEPTH(words), .CRC(crc32)) name ();
    `T2C_IMAGES
endmodule

module rom #(parameter FILE = "", parameter W = 8, parameter DEPTH = 1, parameter [31:0] CRC = 0) ();
    localparam BYTES = (W + 7) / 8;             // of a word
    reg [W-1:0]       mem [0:DEPTH-1];
    reg [8*BYTES-1:0] word;
    reg [31:0]        crc, steps [0:255];
    integer           k, b;
    initial begin
        $readmemh(FILE, mem);
        for (k = 0; k < 256; k = k + 1) begin   // CRC-32 of zlib, a byte at a time
            crc = k;
            for (b = 0; b < 8; b = b + 1) crc = (crc >> 1) ^ (crc[0] ? 32'hedb88320 : 32'h0);
            steps[k] = crc;
        end
        crc = 32'hffffffff;
        for (k = 0; k < DEPTH; k = k + 1) begin
            word = mem[k];
            for (b = 0; b < BYTES; b = b + 1) crc = (crc >> 8) ^ steps[crc[7:0] ^ word[8*b+:8]];
        end
        $display("%0s %0s: %0d words of %0d bits", (~crc === CRC) ? "ok  " : "FAIL", FILE, DEPTH, W);
    end
endmodule
`default_nettype wire
