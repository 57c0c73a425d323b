"""rtl/row_reader.v."""
