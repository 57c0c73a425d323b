"""What RTL costs in silicon: synthesised, counted by module, placed and routed if asked (docs/cost.md)."""
