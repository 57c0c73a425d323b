"""The kinds of nodes, one a file, one for each operation of docs/arithmetic.md; `t2c.golden.graph.kinds` finds them."""
