"""rtl/accumulator.v."""
