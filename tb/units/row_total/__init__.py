"""rtl/row_total.v."""
