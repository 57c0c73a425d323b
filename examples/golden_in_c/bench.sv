// bench: fc beside golden, image by image; golden runs in C and is asked for every tensor through DPI.
module bench;
  import digits_w8a8_dpi::*;

  localparam int IMAGES = 8;

  logic clk = 1'b0;
  logic start = 1'b0;
  logic done;
  logic [7:0] x [size_of_t_flatten];
  logic signed [7:0] y [size_of_t_fc];
  logic [7:0] pixels [size_of_t_input];
  int image [size_of_t_input];
  int wrong = 0;

  fc dut (.clk, .start, .x, .done, .y);

  always #5 clk = !clk;

  initial begin
    for (int n = 0; n < IMAGES; n++) begin
      $readmemh($sformatf("vectors/image_%0d/input.hex", n), pixels);
      foreach (pixels[k]) image[k] = int'(pixels[k]);
      if (digits_w8a8_dpi_run(image) != 0) $fatal(1, "image %0d is outside the input's format", n);
      foreach (x[k]) x[k] = 8'(digits_w8a8_dpi_get(t_flatten, k));
      @(negedge clk) start = 1'b1;
      @(negedge clk) start = 1'b0;
      while (!done) @(negedge clk);
      foreach (y[k]) begin
        automatic int expected = digits_w8a8_dpi_get(t_fc, k);
        if (int'(y[k]) != expected) begin
          if (wrong == 0) $display("image %0d, fc[%0d]: expected %0d, actual %0d", n, k, expected, y[k]);
          wrong++;
        end
      end
    end
    $display("%0d values compared, %0d wrong: %s", IMAGES * size_of_t_fc, wrong, wrong == 0 ? "PASS" : "FAIL");
    if (wrong != 0) $fatal(1);
    $finish;
  end
endmodule
