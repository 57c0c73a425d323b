"""transpose on the core: nothing runs."""

from __future__ import annotations

from collections.abc import Sequence

from t2c.contract.activation_layout import Layout
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.transpose import Transpose
from t2c.mapping.lower import SameWords, Site, lowers, places
from t2c.mapping.views import transposed


@lowers("transpose")
def lower_transpose(node: Transpose, site: Site) -> SameWords:
    """The next layer reads the same words with its axes in another order."""
    return SameWords(layout=transposed(site.sources[0], node.axes))


@places("transpose")
def place_source(node: Transpose, inputs: Sequence[TensorSpec], output: Layout) -> tuple[Layout, ...]:
    """The tensor whose axes lie so in the other order."""
    return (transposed(output, [node.axes.index(axis) for axis in range(len(node.axes))]),)
