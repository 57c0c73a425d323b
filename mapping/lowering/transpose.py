"""transpose on the core: nothing runs."""

from __future__ import annotations

from t2c.golden.nodes.transpose import Transpose
from t2c.mapping.lower import SameWords, Site, lowers
from t2c.mapping.views import transposed


@lowers("transpose")
def lower_transpose(node: Transpose, site: Site) -> SameWords:
    """The next layer reads the same words with its axes in another order."""
    return SameWords(layout=transposed(site.sources[0], node.axes))
