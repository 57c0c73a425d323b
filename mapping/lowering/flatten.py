"""flatten on the core: nothing runs."""

from __future__ import annotations

import math
from collections.abc import Sequence

from t2c.contract.activation_layout import Layout
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.flatten import Flatten
from t2c.mapping.lower import SameWords, Site, lowers, places
from t2c.mapping.views import reshaped


@lowers("flatten", lanewise=True)
def lower_flatten(node: Flatten, site: Site) -> SameWords:
    """The next layer reads the map as it lies."""
    source = site.sources[0]
    return SameWords(layout=reshaped(source, (math.prod(source.shape),)))


@places("flatten")
def place_map(node: Flatten, inputs: Sequence[TensorSpec], output: Layout) -> tuple[Layout, ...]:
    """The map whose vector lies so."""
    return (reshaped(output, inputs[0].shape),)
