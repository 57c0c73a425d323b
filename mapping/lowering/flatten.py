"""flatten on the core: nothing runs."""

from __future__ import annotations

from t2c.golden.nodes.flatten import Flatten
from t2c.mapping.lower import SameWords, Site, lowers


@lowers("flatten")
def lower_flatten(node: Flatten, site: Site) -> SameWords:
    """The next layer reads the map as it lies."""
    return SameWords(layout=site.sources[0].flattened())
