"""The counterpart of each kind of node, one a file; `oracle.counterpart` finds them."""
