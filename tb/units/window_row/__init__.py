"""rtl/window_row.v."""
