"""From a PyTorch model to an integer model package: quantisers, dual-path layers, fusion, conversion."""
