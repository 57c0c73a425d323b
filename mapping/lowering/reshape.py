"""reshape on the core: nothing runs."""

from __future__ import annotations

from t2c.golden.nodes.reshape import Reshape
from t2c.mapping.lower import SameWords, Site, lowers
from t2c.mapping.views import reshaped


@lowers("reshape")
def lower_reshape(node: Reshape, site: Site) -> SameWords:
    """The next layer reads the same words in another shape."""
    return SameWords(layout=reshaped(site.sources[0], node.shape))
