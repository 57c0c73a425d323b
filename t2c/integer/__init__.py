"""The inference path in torch: integers in, integers out; written apart from golden so that the two check each other."""
