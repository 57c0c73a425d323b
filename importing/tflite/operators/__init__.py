"""How each operator of TFLite becomes nodes, one kind or family a file; `t2c.importing.tflite.conversion` finds them."""
