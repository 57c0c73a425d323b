"""rtl/softmax_rows.v."""
