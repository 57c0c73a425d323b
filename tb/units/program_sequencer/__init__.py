"""rtl/program_sequencer.v."""
