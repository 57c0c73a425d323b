"""Mutation of the RTL: every mutant is killed by a bench or proven equivalent."""
