"""Forms of the kinds of nodes on a chip; each file registers its own."""
