"""Small vision transformers, as people write them, for the t2c tests; the file can be copied, it needs torch alone."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SPELLINGS = ("unbind", "index", "chunk", "split", "fused", "scores")


class Attention(nn.Module):
    """As in timm; spelling: how query, key and value come out of one layer, and how they are multiplied."""

    def __init__(self, dim: int, heads: int, spelling: str) -> None:
        super().__init__()
        self.num_heads, self.head_dim, self.spelling = heads, dim // heads, spelling
        self.scale = self.head_dim**-0.5
        self.qkv = nn.Linear(dim, 3 * dim, bias=spelling != "index")
        self.attn_drop = nn.Dropout(0.1)
        self.proj = nn.Linear(dim, dim)
        self.proj_drop = nn.Dropout(0.1)

    def split(self, x: Tensor) -> Tensor:
        return x.reshape(x.shape[0], -1, self.num_heads, self.head_dim).transpose(1, 2)

    def heads_of(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        B, N, C = x.shape
        if self.spelling in ("chunk", "split"):
            q, k, v = self.qkv(x).chunk(3, -1) if self.spelling == "chunk" else torch.split(self.qkv(x), C, dim=2)
            return self.split(q), self.split(k), self.split(v)
        qkv = self.qkv(x).reshape(B, N, 3, self.num_heads, C // self.num_heads).permute(2, 0, 3, 1, 4)
        if self.spelling == "index":
            return qkv[0], qkv[1], qkv[2]
        q, k, v = qkv.unbind(0)
        return q, k, v

    def forward(self, x: Tensor) -> Tensor:
        B, N, C = x.shape
        q, k, v = self.heads_of(x)
        if self.spelling == "fused":
            x = F.scaled_dot_product_attention(q, k, v, dropout_p=0.1 if self.training else 0.0)
        elif self.spelling == "scores":
            attn = F.softmax(torch.matmul(q, k.permute(0, 1, 3, 2)) / self.head_dim**0.5, dim=-1)
            x = torch.matmul(self.attn_drop(attn), v)
        else:
            q = q * self.scale
            attn = q @ k.transpose(-2, -1)
            attn = attn.softmax(dim=-1)
            x = self.attn_drop(attn) @ v
        x = x.transpose(1, 2).reshape(B, N, C)
        return self.proj_drop(self.proj(x))


class LayerScale(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.linspace(-0.5, 1.5, dim))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gamma


class Mlp(nn.Module):
    def __init__(self, dim: int, hidden: int, act: Callable[[], nn.Module]) -> None:
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden)
        self.act = act()
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(self.act(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, dim: int, heads: int, spelling: str, act: Callable[[], nn.Module], layer_scale: bool) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.attn = Attention(dim, heads, spelling)
        self.ls1 = LayerScale(dim) if layer_scale else nn.Identity()
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = Mlp(dim, 2 * dim, act)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.ls1(self.attn(self.norm1(x)))
        return x + self.mlp(self.norm2(x))


class VisionTransformer(nn.Module):
    """Patches, class token, learned positions, blocks, a head on the class token, or on a mean."""

    def __init__(
        self,
        classes: int = 10,
        image: tuple[int, int, int] = (1, 8, 8),
        patch: int = 2,
        dim: int = 16,
        depth: int = 1,
        heads: int = 2,
        spelling: str = "unbind",
        pool: str = "token",
        act: Callable[[], nn.Module] = nn.GELU,
        layer_scale: bool = False,
    ) -> None:
        super().__init__()
        channels, height, width = image
        tokens = height // patch * (width // patch)
        self.patch_embed = nn.Conv2d(channels, dim, patch, stride=patch)
        self.cls_token = nn.Parameter(torch.randn(1, 1, dim) * 0.3) if pool != "all" else None
        self.pos_embed = nn.Parameter(torch.randn(1, tokens + (pool != "all"), dim) * 0.3)
        self.pos_drop = nn.Dropout(0.1)
        self.blocks = nn.Sequential(*(Block(dim, heads, spelling, act, layer_scale) for _ in range(depth)))
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.head = nn.Linear(dim, classes)
        self.pool = pool

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch_embed(x).flatten(2).transpose(1, 2)
        if self.cls_token is not None:
            x = torch.cat((self.cls_token.expand(x.shape[0], -1, -1), x), dim=1)
        x = self.norm(self.blocks(self.pos_drop(x + self.pos_embed)))
        x = {"token": lambda: x[:, 0], "mean": lambda: x[:, 1:].mean(dim=1), "all": lambda: x.mean(1)}[self.pool]()
        return self.head(x)


class Encoder(nn.Module):
    """What torch.nn has: nn.TransformerEncoderLayer, or several with a norm behind them."""

    def __init__(
        self, batch_first: bool, norm_first: bool, activation: str | nn.Module, depth: int = 0, bias: bool = True
    ) -> None:
        super().__init__()
        self.batch_first = batch_first
        self.patches = nn.Conv2d(1, 16, 2, stride=2)
        layer = nn.TransformerEncoderLayer(
            16, 2, 24, batch_first=batch_first, norm_first=norm_first, activation=activation, bias=bias
        )
        self.body = nn.TransformerEncoder(layer, depth, nn.LayerNorm(16), False) if depth else layer
        self.head = nn.Linear(16, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2)
        x = self.body(x.transpose(1, 2) if self.batch_first else x.permute(2, 0, 1))
        return self.head(x[:, 0] if self.batch_first else x.mean(0))


class SelfAttention(nn.Module):
    """nn.MultiheadAttention with a residual sum; cross: keys and values are another tensor."""

    def __init__(self, batch_first: bool = True, cross: bool = False) -> None:
        super().__init__()
        self.batch_first, self.cross = batch_first, cross
        self.patches = nn.Conv2d(1, 16, 2, stride=2)
        self.norm = nn.LayerNorm(16)
        self.other = nn.Linear(16, 16)
        self.attn = nn.MultiheadAttention(16, 4, batch_first=batch_first, dropout=0.1)
        self.head = nn.Linear(16, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2)
        x = x.transpose(1, 2) if self.batch_first else x.permute(2, 0, 1)
        y = self.norm(x)
        z = self.other(y) if self.cross else y
        y = self.attn(y, z, z, need_weights=False)[0]
        return self.head((x + y).mean(1 if self.batch_first else 0))
