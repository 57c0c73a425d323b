"""Vision transformers: pre-norm blocks, class token, learned positions, LayerNorm of the caller's choice."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

Norm = Callable[[int], nn.Module]
LAYER_NORM: Norm = partial(nn.LayerNorm, eps=1e-6)
"""With the statistics of each token."""


class Attention(nn.Module):
    """softmax(q k^T / sqrt(d)) v over some heads, query, key and value from one linear layer."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads, self.scale = heads, (width // heads) ** -0.5
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        images, tokens, width = x.shape
        qkv = self.qkv(x).reshape(images, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.unbind(0)
        attention = (q * self.scale @ k.transpose(-2, -1)).softmax(dim=-1)
        y: Tensor = self.proj((attention @ v).transpose(1, 2).reshape(images, tokens, width))
        return y


class EncoderBlock(nn.Module):
    """x + attention(norm(x)), then x + mlp(norm(x)) with GELU between two linear layers."""

    def __init__(self, width: int, heads: int, hidden: int, norm: Norm) -> None:
        super().__init__()
        self.norm1 = norm(width)
        self.attn = Attention(width, heads)
        self.norm2 = norm(width)
        self.mlp = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        y: Tensor = x + self.mlp(self.norm2(x))
        return y


class VisionTransformer(nn.Module):
    """Image (N, channels, size, size) to logits (N, classes).

    Args:
        classes: outputs.
        width: channels of a token, a multiple of heads.
        depth: blocks.
        heads: of each attention.
        patch: side of a patch; it divides size.
        size, channels: of the image.
        mlp_ratio: width of the layer between, over `width`.
        norm: makes the norm of tokens of a width.

    Source: Dosovitskiy et al., An Image is Worth 16x16 Words, ICLR 2021; layers named as in timm.
    """

    def __init__(
        self,
        classes: int = 10,
        *,
        width: int,
        depth: int,
        heads: int,
        patch: int,
        size: int = 32,
        channels: int = 3,
        mlp_ratio: float = 1.0,
        norm: Norm = LAYER_NORM,
    ) -> None:
        super().__init__()
        if width % heads or size % patch:
            raise ValueError(f"width {width} is no multiple of {heads} heads, or size {size} of patches of {patch}")
        self.patch_embed = nn.Conv2d(channels, width, patch, stride=patch)
        self.cls_token = nn.Parameter(torch.empty(1, 1, width))
        self.pos_embed = nn.Parameter(torch.empty(1, (size // patch) ** 2 + 1, width))
        self.blocks = nn.Sequential(*(EncoderBlock(width, heads, int(width * mlp_ratio), norm) for _ in range(depth)))
        self.norm = norm(width)
        self.head = nn.Linear(width, classes)
        nn.init.trunc_normal_(self.cls_token, std=0.02)
        nn.init.trunc_normal_(self.pos_embed, std=0.2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch_embed(x).flatten(2).transpose(1, 2)
        x = torch.cat((self.cls_token.expand(x.shape[0], -1, -1), x), dim=1) + self.pos_embed
        logits: Tensor = self.head(self.norm(self.blocks(x))[:, 0])
        return logits


class ViT7(VisionTransformer):
    """ViT-7 of the Torch2Chip paper: 65 tokens of 384, 7 blocks of 8 heads, mlp_ratio 1; 6,268,810 parameters."""

    def __init__(self, width: int = 384, classes: int = 10) -> None:
        super().__init__(classes, width=width, depth=7, heads=8, patch=4)


class ViT2(VisionTransformer):
    """A small one for 8 x 8 grey images: 17 tokens of 32, 2 blocks of 2 heads of 16, mlp_ratio 2."""

    def __init__(self, width: int = 32, classes: int = 10, norm: Norm = LAYER_NORM) -> None:
        super().__init__(classes, width=width, depth=2, heads=2, patch=2, size=8, channels=1, mlp_ratio=2.0, norm=norm)
