"""`make bitstream`: a network as a chip, placed and routed, with scripts to take away (docs/cost.md)."""
