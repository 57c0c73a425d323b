// mulquant_spec_vectors: reads operands, a line of hexadecimal fields a result, and prints what the specification says.
`default_nettype none

module mulquant_spec_vectors;

    reg               pair;
    reg signed [31:0] acc, acc2;
    reg signed [15:0] multiplier, multiplier2;
    reg signed [39:0] bias;
    reg [5:0]         shift;
    reg [2:0]         rounding;
    reg signed [8:0]  zero_point, lo, hi;
    wire signed [71:0] bias_wide = bias;
    wire signed [71:0] p1, p2, rounded;
    wire [7:0]         q;

    mulquant_sum_spec first (.acc_i(acc), .multiplier_i(multiplier), .addend_i(bias_wide), .p_o(p1));
    mulquant_sum_spec second (.acc_i(acc2), .multiplier_i(multiplier2), .addend_i(p1), .p_o(p2));
    mulquant_round_spec round (
        .p_i(pair ? p2 : p1), .shift_i(shift), .rounding_i(rounding), .zero_point_i(zero_point), .lo_i(lo), .hi_i(hi),
        .rounded_o(rounded), .q_o(q)
    );

    integer operands, results, fields;
    reg [8*1024-1:0] path;
    initial begin
        if (!$value$plusargs("operands=%s", path)) $finish;
        operands = $fopen(path, "r");
        if (!$value$plusargs("results=%s", path)) $finish;
        results = $fopen(path, "w");
        fields = 11;
        while (fields == 11) begin
            fields = $fscanf(operands, "%h %h %h %h %h %h %h %h %h %h %h\n", pair, acc, multiplier, bias, acc2,
                             multiplier2, shift, rounding, zero_point, lo, hi);
            #1;
            if (fields == 11) $fwrite(results, "%h\n", q);
        end
        $fclose(results);
    end

endmodule

`default_nettype wire
