"""Measurements; each module prints a table with targets and writes its figures to sim_build/."""
