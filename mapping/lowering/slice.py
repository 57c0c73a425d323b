"""slice on the core: nothing runs."""

from __future__ import annotations

from t2c.golden.nodes.slice import Slice
from t2c.mapping.lower import SameWords, Site, lowers, takes_channels
from t2c.mapping.views import sliced


@lowers("slice")
def lower_slice(node: Slice, site: Site) -> SameWords:
    """The next layer reads the same words in part."""
    return SameWords(layout=sliced(site.sources[0], axis=node.axis, start=node.start, length=node.length))


@takes_channels("slice")
def channels_of_slice(node: Slice) -> range | None:
    """Channels are axis 0."""
    return range(node.start, node.start + node.length) if node.axis == 0 else None
