"""Formal proofs of the RTL units, each with a twin that must be refuted."""
