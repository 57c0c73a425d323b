"""rtl/row_feeder.v."""
