"""rtl/row_intake.v."""
