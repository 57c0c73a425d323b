"""rtl/row_sums.v."""
