"""flatten on the core: nothing runs."""

from __future__ import annotations

import math

from t2c.golden.nodes.flatten import Flatten
from t2c.mapping.lower import SameWords, Site, lowers
from t2c.mapping.views import reshaped


@lowers("flatten")
def lower_flatten(node: Flatten, site: Site) -> SameWords:
    """The next layer reads the map as it lies."""
    source = site.sources[0]
    return SameWords(layout=reshaped(source, (math.prod(source.shape),)))
