"""rtl/mulquant.v."""
