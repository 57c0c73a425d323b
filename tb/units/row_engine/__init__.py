"""rtl/row_engine.v."""
