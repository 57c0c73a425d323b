"""rtl/row_maximum.v."""
