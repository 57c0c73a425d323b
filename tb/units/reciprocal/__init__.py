"""rtl/reciprocal.v."""
