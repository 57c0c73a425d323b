"""`make flows`: the flows of docs/flows.md, their tables and Pareto plots."""
