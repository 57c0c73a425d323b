"""rtl/delay_line.v."""
