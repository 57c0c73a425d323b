"""`make regress`: every layer and network of every package, and random ones, on the RTL, on several workers."""
