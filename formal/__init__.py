"""Formal proofs of the RTL units, each with a negative control that must be refuted."""
