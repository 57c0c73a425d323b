"""rtl/ram.v."""
