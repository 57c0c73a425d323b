"""reshape on the core: nothing runs."""

from __future__ import annotations

from collections.abc import Sequence

from t2c.contract.activation_layout import Layout
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.reshape import Reshape
from t2c.mapping.lower import SameWords, Site, lowers, places
from t2c.mapping.views import reshaped


@lowers("reshape")
def lower_reshape(node: Reshape, site: Site) -> SameWords:
    """The next layer reads the same words in another shape."""
    return SameWords(layout=reshaped(site.sources[0], node.shape))


@places("reshape")
def place_source(node: Reshape, inputs: Sequence[TensorSpec], output: Layout) -> tuple[Layout, ...]:
    """The tensor that lies so in its own shape."""
    return (reshaped(output, inputs[0].shape),)
