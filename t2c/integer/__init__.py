"""The inference path in torch, integers only; written apart from golden so that each checks the other."""
