"""rtl/axis_fifo.v."""
