"""rtl/table_lanes.v."""
