"""rtl/skew.v."""
