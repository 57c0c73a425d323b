// A softmax as someone else might write it: rows are collected, worked out at once at their last element, and leave through
// a queue. Its table comes by a parameter, its streams have no ready.

module row_softmax #(
    parameter int    X     = 8,                 // element
    parameter int    D     = 7,                 // 2^D table entries
    parameter int    E     = 12,                // entry
    parameter int    Y     = 8,                 // result
    parameter int    R     = 22,                // reciprocal
    parameter int    L     = 6,                 // rows of up to 2^L
    parameter        TABLE = ""
) (
    input  logic         clk,
    input  logic         rst_n,
    input  logic         is_signed,
    input  logic         in_valid,
    input  logic [X-1:0] in_x,
    input  logic         in_last,
    output logic         out_valid,
    output logic [Y-1:0] out_y,
    output logic         out_last
);

    logic [E-1:0] entries[1 << D];
    logic [X-1:0] row[1 << L];
    logic [Y:0]   queue[4 << L];
    initial $readmemh(TABLE, entries);

    logic [L:0]   count;
    logic [L+1:0] head, tail;
    integer       k, element, largest;
    longint       sum, reciprocal, result;

    function automatic integer value(input logic [X-1:0] bits, input logic as_signed);
        return as_signed && bits[X-1] ? integer'(bits) - (1 << X) : integer'(bits);
    endfunction

    function automatic longint entry(input integer distance);
        return distance < (1 << D) ? longint'(entries[distance]) : 0;
    endfunction

    assign out_valid = head != tail;
    assign {out_last, out_y} = queue[tail];

    always @(posedge clk) begin
        if (out_valid) tail <= tail + 1'b1;
        if (in_valid) begin
            row[count[L-1:0]] = in_x;
            count = count + 1'b1;
            if (in_last) begin
                largest = value(row[0], is_signed);
                for (k = 1; k < integer'(count); k = k + 1) begin
                    element = value(row[k], is_signed);
                    if (element > largest) largest = element;
                end
                sum = 0;
                for (k = 0; k < integer'(count); k = k + 1) sum = sum + entry(largest - value(row[k], is_signed));
                reciprocal = (longint'(1) << R) / sum;
                for (k = 0; k < integer'(count); k = k + 1) begin
                    result = (entry(largest - value(row[k], is_signed)) * reciprocal + (1 << (R - Y - 1))) >>> (R - Y);
                    if (result >= (1 << Y)) result = (1 << Y) - 1;
                    queue[head] = {k == integer'(count) - 1, result[Y-1:0]};
                    head = head + 1'b1;
                end
                count = '0;
            end
        end
        if (!rst_n) begin
            count = '0;
            head  = '0;
            tail <= '0;
        end
    end

endmodule
