"""Random and directed programs of step descriptors, which no compiler made, on the core beside its model."""
