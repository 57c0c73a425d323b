"""rtl/systolic_array.v."""
