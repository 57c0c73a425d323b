"""The kinds of nodes in C, one a file."""
