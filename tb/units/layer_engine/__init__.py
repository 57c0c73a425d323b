"""rtl/layer_engine.v."""
