"""The page of a flow: one HTML file with its graph, its choices, its curves and its finalists; it fetches nothing."""
