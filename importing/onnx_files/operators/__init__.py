"""What each operator does, found by its domain and name; `t2c.importing.onnx_files.operator` has the registry."""
