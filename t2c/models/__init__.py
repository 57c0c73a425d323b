"""Float models that ship with the project; plain torch, no quantisation inside."""
