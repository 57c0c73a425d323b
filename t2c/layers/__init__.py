"""Dual-path layers: fake-quantised forward for training, `to_integer` for the chip."""
