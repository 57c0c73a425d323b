"""ViT-7 twice, of seeded weights: in integers and in float torch. For what their speeds are, not their results.

Images of 32 x 32 in patches of 4, 384 channels, 7 blocks, 8 heads, an MLP as wide as the stream, a class token.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from t2c.golden.arithmetic.lut import exp_table, gelu, pointwise_table
from t2c.golden.arithmetic.mulquant import AddQuant, Widths
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.arithmetic.softmax import SoftmaxTable
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.operand import ConstantOperand
from t2c.golden.nodes.add import Add
from t2c.golden.nodes.add_constant import AddConstant
from t2c.golden.nodes.concat_constant import ConcatConstant
from t2c.golden.nodes.conv2d import Conv2d
from t2c.golden.nodes.flatten import Flatten
from t2c.golden.nodes.linear import Linear
from t2c.golden.nodes.matmul import Matmul
from t2c.golden.nodes.pointwise import Pointwise
from t2c.golden.nodes.reshape import Reshape
from t2c.golden.nodes.slice import Slice
from t2c.golden.nodes.softmax import Softmax
from t2c.golden.nodes.transpose import Transpose
from tests.attention_net import NetBuilder

IMAGE, PATCH, EMBED, BLOCKS, HEADS, CLASSES = 32, 4, 384, 7, 8, 10
HEAD = EMBED // HEADS
TOKENS = (IMAGE // PATCH) ** 2 + 1
PARAMETERS = 6_268_810


class _Block(nn.Module):
    """Pre-norm attention and MLP."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(EMBED, eps=1e-6), nn.LayerNorm(EMBED, eps=1e-6)
        self.qkv, self.projection = nn.Linear(EMBED, 3 * EMBED), nn.Linear(EMBED, EMBED)
        self.fc1, self.fc2 = nn.Linear(EMBED, EMBED), nn.Linear(EMBED, EMBED)

    def forward(self, x: Tensor) -> Tensor:
        batch = x.shape[0]
        q, k, v = self.qkv(self.norm1(x)).reshape(batch, TOKENS, 3, HEADS, HEAD).permute(2, 0, 3, 1, 4).unbind(0)
        mixed = functional.scaled_dot_product_attention(q, k, v)
        x = x + self.projection(mixed.transpose(1, 2).reshape(batch, TOKENS, EMBED))
        result: Tensor = x + self.fc2(functional.gelu(self.fc1(self.norm2(x))))
        return result


class FloatViT(nn.Module):
    """ViT-7 in float32."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, EMBED, PATCH, PATCH)
        self.token = nn.Parameter(torch.zeros(1, 1, EMBED))
        self.place = nn.Parameter(torch.zeros(1, TOKENS, EMBED))
        self.blocks = nn.Sequential(*(_Block() for _ in range(BLOCKS)))
        self.norm, self.head = nn.LayerNorm(EMBED, eps=1e-6), nn.Linear(EMBED, CLASSES)

    def forward(self, images: Tensor) -> Tensor:
        """Images (N, 3, 32, 32) to logits (N, 10)."""
        tokens = self.patches(images).flatten(2).transpose(1, 2)
        x = torch.cat((self.token.expand(len(images), -1, -1), tokens), dim=1) + self.place
        logits: Tensor = self.head(self.norm(self.blocks(x))[:, 0])
        return logits


def float_vit(seed: int) -> FloatViT:
    """The float model, ready to run; it has the parameters that the paper counts."""
    torch.manual_seed(seed)
    model = FloatViT().eval()
    assert sum(parameter.numel() for parameter in model.parameters()) == PARAMETERS
    return model


def integer_vit(seed: int, samples: int = 2) -> Graph:
    """The same network in integers of 8 bits; scales are chosen so that every tensor spreads over its format.

    Everything rounds half_up, as conversions do unless told otherwise.

    Args:
        seed: of weights and of the images by which scales are chosen.
        samples: how many of those.
    """
    net = NetBuilder(seed, (Rounding.HALF_UP,))
    net.edge("image", (3, IMAGE, IMAGE), signed=False, scale=1 / 255)
    net.values["image"] = net.rng.integers(0, 256, (samples, 3, IMAGE, IMAGE))
    stream = _embed(net)
    for index in range(BLOCKS):
        stream = _mlp(net, _attention(net, stream, f"b{index}_"), f"b{index}_")
    token = net.view(Slice, "token", net.norm("norm", stream), axis=1, start=0, length=1)
    features = net.view(Flatten, "features", token)
    net.edge("logits", (CLASSES,))
    weight = net.rng.integers(-128, 128, (CLASSES, EMBED))
    net.sums(Linear, "logits", (features,), CLASSES, weight=weight, weight_bits=8)
    return Graph(name="vit7", widths=Widths(), edges=net.edges, nodes=tuple(net.nodes), input="image", output="logits")


def _sum(multiplier_a: int, multiplier_b: int) -> AddQuant:
    return AddQuant(multiplier_a=multiplier_a, multiplier_b=multiplier_b, bias=0, shift=10, lo=-128, hi=127)


def _embed(net: NetBuilder) -> str:
    side = IMAGE // PATCH
    net.edge("patches", (EMBED, side, side))
    weight = net.rng.integers(-128, 128, (EMBED, 3, PATCH, PATCH))
    net.sums(Conv2d, "patches", ("image",), EMBED, weight=weight, weight_bits=8, stride=(PATCH, PATCH))
    row = net.view(Reshape, "row", "patches", shape=(EMBED, TOKENS - 1, 1))
    fmt = net.edges["row"].format
    token = ConstantOperand(values=net.rng.integers(-128, 128, (EMBED, 1, 1)), format=fmt)
    net.view(ConcatConstant, "tokens", row, axis=1, first=True, constant=token)
    place = ConstantOperand(values=net.rng.integers(-128, 128, (EMBED, TOKENS, 1)), format=fmt)
    net.edge("stream", (EMBED, TOKENS, 1))
    return net.run(
        AddConstant(name="stream", inputs=("tokens",), output="stream", constant=place, addquant=_sum(800, 300))
    )


def _attention(net: NetBuilder, stream: str, at: str) -> str:
    qkv = net.dense(f"{at}qkv", net.norm(f"{at}norm1", stream), 3 * EMBED)
    heads = []
    for index, letter in enumerate("qkv"):
        part = net.view(Slice, f"{at}{letter}_part", qkv, axis=0, start=index * EMBED, length=EMBED)
        split = net.view(Reshape, f"{at}{letter}_heads", part, shape=(HEADS, HEAD, TOKENS))
        heads.append(split if letter == "k" else net.view(Transpose, f"{at}{letter}", split, axes=(0, 2, 1)))
    q, k, v = heads
    scores = net.edge(f"{at}scores", (HEADS, TOKENS, TOKENS), scale=0.04)
    net.sums(Matmul, scores.name, (q, k), 1)
    table = SoftmaxTable(
        exp=exp_table(scale=scores.scale, depth=256, exponent_bits=12),
        exponent_bits=12,
        output_bits=8,
        reciprocal_bits=22,
    )
    weights = net.edge(f"{at}weights", scores.shape, signed=False, scale=2.0**-8)
    net.run(Softmax(name=weights.name, inputs=(scores.name,), output=weights.name, softmax=table))
    net.edge(f"{at}mixed", (HEADS, TOKENS, HEAD))
    net.sums(Matmul, f"{at}mixed", (weights.name, v), HEAD)
    turned = net.view(Transpose, f"{at}turned", f"{at}mixed", axes=(0, 2, 1))
    joined = net.view(Reshape, f"{at}joined", turned, shape=(EMBED, TOKENS, 1))
    projected = net.dense(f"{at}projected", joined, EMBED)
    net.edge(f"{at}sum1", (EMBED, TOKENS, 1))
    return net.run(Add(name=f"{at}sum1", inputs=(stream, projected), output=f"{at}sum1", addquant=_sum(900, 500)))


def _mlp(net: NetBuilder, stream: str, at: str) -> str:
    hidden = net.edges[net.dense(f"{at}hidden", net.norm(f"{at}norm2", stream), EMBED)]
    active = net.edge(f"{at}active", hidden.shape, zero_point=-115, scale=0.02)
    table = pointwise_table(
        gelu,
        x=hidden.format,
        x_scale=0.04,
        x_zero_point=hidden.zero_point,
        y=active.format,
        y_scale=active.scale,
        y_zero_point=active.zero_point,
    )
    net.run(Pointwise(name=active.name, inputs=(hidden.name,), output=active.name, pointwise=table))
    out = net.dense(f"{at}out", active.name, EMBED)
    net.edge(f"{at}sum2", (EMBED, TOKENS, 1))
    return net.run(Add(name=f"{at}sum2", inputs=(stream, out), output=f"{at}sum2", addquant=_sum(900, 500)))
