"""rtl/tile_loader.v."""
