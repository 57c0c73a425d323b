"""rtl/integer_root.v."""
