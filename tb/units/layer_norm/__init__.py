"""rtl/layer_norm.v."""
