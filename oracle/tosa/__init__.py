"""TOSA as a stranger: its reference model and its generated conformance tests, run in an environment of their own."""
