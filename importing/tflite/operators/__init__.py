"""How operators of TFLite become nodes, a kind or family a file; `t2c.importing.tflite.conversion` finds them."""
