"""`make gates`: the netlist of a unit, or of the core, under the very bench of its source (docs/cost.md)."""
