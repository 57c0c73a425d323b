"""Seeded random transformers of a shape that an array runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.arithmetic.window import Window
from t2c.golden.graph.package import Package
from t2c.tb.random_models.builder import ANY
from t2c.tb.random_models.token_builder import TokenBuilder

_MOVED = {"zero_point": 0, "signed": True}
"""How keys and values are read: they become weights, which are signed and have no zero point."""


@dataclass(frozen=True, kw_only=True)
class TransformerShape:
    """What a random transformer is.

    heads, depth: channels are their product; tokens: of the image, which is patches or tokens already; constants:
    tokens that are joined to them, before (first) or behind; places: a constant is added; fused: one layer makes
    queries, keys and values; norm_first: norms stand in the branches, not behind the sums; running: norms have running
    statistics; hidden: channels of the MLP; mean: the head reads the mean of all tokens, not one of them; roundings: of
    softmax; norm: constants of LayerNorm; moved: how keys and values are read.
    """

    heads: int
    depth: int
    tokens: int
    patches: bool = False
    constants: int = 0
    first: bool = True
    places: bool = True
    fused: bool = True
    blocks: int = 1
    norm_first: bool = True
    running: bool = False
    hidden: int = 8
    mean: bool = False
    roundings: tuple[Rounding, ...] = (Rounding.HALF_UP, Rounding.HALF_AWAY)
    norm: Mapping[str, Any] = field(default_factory=dict)
    moved: Mapping[str, Any] = field(default_factory=lambda: _MOVED)

    @property
    def channels(self) -> int:
        """Of a token."""
        return self.heads * self.depth


def random_shape(rng: np.random.Generator, rows: int, cols: int) -> TransformerShape:
    """A shape that an array of ROWS x COLS runs.

    Heads of any depth share memory words where ROWS = COLS, else they are whole column tiles, or there is one. Queries
    and keys that one layer makes begin in the same bank, so that layer is left out where they would not.
    """
    heads = int(rng.choice([1, 1, 2, 2, 3, 4]))
    tiles = rows > cols or bool(rng.integers(2))
    depth = cols * int(rng.integers(1, max(16 // cols, 1) + 1)) if heads > 1 and tiles else int(rng.integers(2, 21))
    return TransformerShape(
        heads=heads,
        depth=depth,
        tokens=int(rng.integers(1, 18)),
        patches=bool(rng.integers(2)),
        constants=int(rng.choice([0, 1, 1, 2])),
        first=bool(rng.integers(3)),
        places=bool(rng.integers(3)),
        fused=heads * depth % rows == 0 and bool(rng.integers(4)),
        blocks=int(rng.choice([1, 1, 2])),
        norm_first=bool(rng.integers(3)),
        running=bool(rng.integers(4) == 0),
        hidden=int(rng.integers(1, 40)),
        mean=bool(rng.integers(2)),
    )


def random_transformer(seed: int, rows: int = 8, cols: int = 8) -> Package:
    """A transformer of one or two blocks.

    Args:
        seed: the package follows from it and from the array.
        rows, cols: of the array that runs it.
    """
    rng = np.random.default_rng((6, seed))
    return transformer(f"random-transformer-{seed}", random_shape(rng, rows, cols), rng)


def transformer(name: str, shape: TransformerShape, rng: np.random.Generator) -> Package:
    """A transformer of that shape. rng: draws all that the shape leaves open."""
    builder, edge = _tokens(shape, rng)
    for _ in range(shape.blocks):
        for branch in (_attention, _mlp):
            edge = _residual(builder, shape, edge, branch)
    return _head(builder, shape, edge).package(name)


def _tokens(shape: TransformerShape, rng: np.random.Generator) -> tuple[TokenBuilder, str]:
    """The image, and its tokens with the constant ones and their places."""
    if shape.patches:
        size = int(rng.integers(1, 3))
        height = int(rng.choice([rows for rows in range(1, shape.tokens + 1) if shape.tokens % rows == 0]))
        grid = (size * height, size * shape.tokens // height)
        builder = TokenBuilder(rng, (int(rng.integers(1, 4)), *grid))
        edge = builder.conv2d("input", shape.channels, Window(kernel=(size, size), stride=(size, size)))
        edge = builder.reshape(edge, shape.channels, shape.tokens, 1)
    else:
        builder, edge = TokenBuilder(rng, (shape.channels, shape.tokens, 1)), "input"
    if shape.constants:
        edge = builder.concat_constant(edge, shape.constants, first=shape.first)
    return builder, builder.add_constant(edge) if shape.places else edge


def _residual(builder: TokenBuilder, shape: TransformerShape, edge: str, branch: Any) -> str:
    """A branch with its norm and its sum, in either order."""
    inner = _norm(builder, shape, edge) if shape.norm_first else edge
    sides = [edge, branch(builder, shape, inner)]
    if builder.rng.integers(2):
        sides.reverse()
    edge = builder.add(*sides)
    return edge if shape.norm_first else _norm(builder, shape, edge)


def _norm(builder: TokenBuilder, shape: TransformerShape, edge: str) -> str:
    if shape.running:
        return builder.average_pool2d(edge, Window(kernel=(1, 1)))
    return builder.layer_norm(edge, shape.norm)


def _attention(builder: TokenBuilder, shape: TransformerShape, edge: str) -> str:
    """Queries, keys and values, scores, softmax, the weighted values of all heads, and what mixes them."""
    width, tokens = shape.channels, builder.shape(edge)[1]
    if shape.fused:
        both = builder.dense(edge, 3 * width, shape.moved)
        parts = [builder.slice(both, 0, place * width, width) for place in range(3)]
    else:
        parts = [builder.dense(edge, width, reading) for reading in (ANY, shape.moved, shape.moved)]
    q, k, v = (builder.reshape(part, shape.heads, shape.depth, tokens) for part in parts)
    scores = builder.matmul(builder.transpose(q, 0, 2, 1), k)
    weights = builder.softmax(scores, shape.roundings)
    mixed = builder.matmul(weights, builder.transpose(v, 0, 2, 1))
    joined = builder.reshape(builder.transpose(mixed, 0, 2, 1), width, tokens, 1)
    return builder.dense(joined, width)


def _mlp(builder: TokenBuilder, shape: TransformerShape, edge: str) -> str:
    return builder.dense(builder.pointwise(builder.dense(edge, shape.hidden)), shape.channels)


def _head(builder: TokenBuilder, shape: TransformerShape, edge: str) -> TokenBuilder:
    """A last norm, then the classifier on one token or on the mean of all."""
    edge = _norm(builder, shape, edge)
    tokens = builder.shape(edge)[1]
    if shape.mean:
        edge = builder.average_pool2d(edge, Window(kernel=(tokens, 1)))
    else:
        edge = builder.slice(edge, 1, int(builder.rng.integers(tokens)), 1)
    builder.linear(builder.flatten(edge), int(builder.rng.integers(2, 12)))
    return builder
