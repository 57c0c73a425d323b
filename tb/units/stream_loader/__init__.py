"""rtl/stream_loader.v."""
