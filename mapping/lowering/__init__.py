"""How the core runs each kind of node, one a file; `t2c.mapping.lower` finds them."""
