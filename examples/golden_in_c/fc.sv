// fc: a user's fully connected layer, one product a cycle, weights and constants from files of t2c vectors.
module fc #(
    parameter int INPUTS = 32,
    parameter int OUTPUTS = 10,
    parameter string FOLDER = "vectors/constants"
) (
    input  logic              clk,
    input  logic              start,
    input  logic [7:0]        x [INPUTS],
    output logic              done,
    output logic signed [7:0] y [OUTPUTS]
);
  logic signed [7:0]  weight     [OUTPUTS * INPUTS];
  logic signed [15:0] multiplier [OUTPUTS];
  logic signed [39:0] bias       [OUTPUTS];
  logic        [5:0]  shift      [OUTPUTS];

  initial begin
    $readmemh({FOLDER, "/fc_weight.hex"}, weight);
    $readmemh({FOLDER, "/fc_multiplier.hex"}, multiplier);
    $readmemh({FOLDER, "/fc_bias.hex"}, bias);
    $readmemh({FOLDER, "/fc_shift.hex"}, shift);
    done = 1'b1;
  end

  logic signed [31:0] acc;
  int o, k;

  // p = acc * M + B, rounded half up, clipped: docs/arithmetic.md section 3.
  function automatic logic signed [7:0] requantise(logic signed [31:0] sum, int channel);
    automatic longint p = longint'(sum) * longint'(multiplier[channel]) + longint'(bias[channel]);
    automatic longint half = shift[channel] == 0 ? 64'sd0 : 64'sd1 <<< (shift[channel] - 6'd1);
    automatic longint rounded = (p + half) >>> shift[channel];
    return rounded > 127 ? 8'sd127 : rounded < -128 ? -8'sd128 : rounded[7:0];
  endfunction

  always_ff @(posedge clk)
    if (start) begin
      acc <= 32'sd0;
      o <= 0;
      k <= 0;
      done <= 1'b0;
    end else if (!done) begin
      if (k < INPUTS) begin
        acc <= acc + 32'(weight[o * INPUTS + k]) * $signed({24'd0, x[k]});
        k <= k + 1;
      end else begin
        y[o] <= requantise(acc, o);
        acc <= 32'sd0;
        k <= 0;
        o <= o + 1;
        done <= o == OUTPUTS - 1;
      end
    end
endmodule
