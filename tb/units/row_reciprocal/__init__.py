"""rtl/row_reciprocal.v."""
