"""rtl/t2c_core.v."""
