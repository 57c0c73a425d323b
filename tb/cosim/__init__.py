"""A network on the core beside golden: files of a run, bench, comparison, verdict."""
