"""The integer graph: tensors, typed nodes, the package on disk."""
