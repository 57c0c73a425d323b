"""What `make formal` proves of output_writer."""

from __future__ import annotations

from t2c.tb.catalogue.proof import NegativeControl, Proof

PROOFS = (
    Proof(
        name="places",
        claim="every word gets its place: base + memory word + image x step + pixel x step; 2^24 pixels, 2^16 images",
        top="output_writer_places",
        rtl=("output_writer.v",),
        parameters={"GROUPS": 4, "GROUP_W": 2, "ADDR_W": 24},
        cover_depth=15,
        controls=(
            NegativeControl(
                error="an image begins a pixel late",
                file="output_writer.v",
                original="image_addr_q <= next_image;",
                mutant="image_addr_q <= next_image + step_i;",
                depth=7,
                show=("addr", "word_q", "by_image_q", "by_pixel_q"),
            ),
            NegativeControl(
                error="of the number of pixels 18 bits count",
                file="output_writer.v",
                original="(pixel_q == pixels_i - 24'd1)",
                mutant="(pixel_q[17:0] == pixels_i[17:0] - 18'd1)",
                depth=4,
                show=("pixels_q", "pixel_q", "addr"),
            ),
        ),
    ),
)
