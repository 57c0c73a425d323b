"""Functional coverage: bins, collected in the benches, and the classes of inputs that failures are explained by."""
