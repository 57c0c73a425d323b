"""rtl/lut_pointwise.v."""
