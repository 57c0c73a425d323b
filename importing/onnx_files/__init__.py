"""What the reader of ONNX files is made of: QLinear operators, QDQ, QONNX; docs/import.md."""
