"""TFLite int8: the file's schema, LiteRT's arithmetic, and an operator a file."""
