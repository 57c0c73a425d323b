"""The reference model: the integer arithmetic in NumPy, the graph and its package, ROM images. Never imports torch."""
