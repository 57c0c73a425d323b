"""How each kind of node looks in ONNX, one a file; `t2c.exports.onnx_builder` finds them."""
