"""rtl/output_writer.v."""
