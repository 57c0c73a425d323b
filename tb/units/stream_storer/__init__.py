"""rtl/stream_storer.v."""
