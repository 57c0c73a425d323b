"""Formats whose operators multiply: what a network on another element of the array cannot be written as."""

from __future__ import annotations

from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.node import Node


def demand_exact_products(node: Node, form: str) -> None:
    """Refuse a node whose products are not exact.

    Args:
        node: of any kind.
        form: what it would be written as, for the message.

    Raises:
        UnsupportedError: with the node's name and the element's.
    """
    if node.products is not None:
        raise UnsupportedError(
            f"node {node.name!r}: {form} multiplies exactly, element {node.products.name!r} does not"
        )
