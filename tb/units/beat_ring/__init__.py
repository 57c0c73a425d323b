"""rtl/beat_ring.v."""
