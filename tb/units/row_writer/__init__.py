"""rtl/row_writer.v."""
