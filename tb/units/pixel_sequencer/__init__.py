"""rtl/pixel_sequencer.v."""
