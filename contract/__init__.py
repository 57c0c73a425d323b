"""The contract of the core: hardware, descriptors, memory layouts; what compiler, harness and RTL agree on."""
