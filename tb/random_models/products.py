"""A network of products of two activations, without what lies between them in a transformer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from t2c.golden.graph.package import Package
from t2c.tb.random_models.token_builder import TokenBuilder

TOKENS = 5
_WEIGHTS: dict[str, Any] = {"signed": True, "zero_point": 0}
"""How an operand is read that becomes weights."""


def products_network(heads: int, depth: int) -> Package:
    """Scores of heads of that depth, by the values, which a layer mixes. All constants follow from the two numbers."""
    net, width = TokenBuilder(np.random.default_rng((heads, depth)), (3, TOKENS, 1)), heads * depth
    parts = [net.dense("input", width, reading) for reading in ({}, _WEIGHTS, _WEIGHTS)]
    q, k, v = (net.reshape(part, heads, depth, TOKENS) for part in parts)
    scores = net.matmul(net.transpose(q, 0, 2, 1), k)
    mixed = net.matmul(scores, net.transpose(v, 0, 2, 1))
    net.dense(net.reshape(net.transpose(mixed, 0, 2, 1), width, TOKENS, 1), 5)
    return replace(net.package(f"products-{heads}x{depth}"), description="products of two activations")
