"""From a layer of the integer graph to what the layer engine reads: tiles, memory images, descriptors. NumPy only."""
