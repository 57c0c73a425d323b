"""Packages for a chip that is not ours: constants chosen within its limits, tensors read as it can hold them."""
