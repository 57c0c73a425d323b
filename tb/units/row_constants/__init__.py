"""rtl/row_constants.v."""
