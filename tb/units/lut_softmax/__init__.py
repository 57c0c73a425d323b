"""rtl/lut_softmax.v."""
