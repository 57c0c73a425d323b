"""nn.MultiheadAttention and nn.TransformerEncoderLayer as layers of the chip."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor, fx, nn

from t2c.fusion.describe_tokens import activation_of
from t2c.fusion.ops import Op, Weighted
from t2c.fusion.refusal import refuse
from t2c.fusion.token_ops import DotProductAttention, EncoderLayers, MultiHead, Product, RowNormalisation, Tabulated
from t2c.fusion.token_plan import TokenPlanner
from t2c.fusion.views import View


class EncoderPlanner(TokenPlanner):
    """The part of a planner that knows what torch.nn has of transformers."""

    def attention(self, node: fx.Node, op: Op, views: list[View]) -> None:
        """Products of activations, alone or as an attention."""
        if isinstance(op, Product):
            self.product(node, views[0], views[1], str(node.name), hold=True)
        elif isinstance(op, DotProductAttention):
            self.dot_product(node, views, op.factor, str(node.name), hold=True)
        else:
            assert isinstance(op, MultiHead)
            self.views[node] = [self.multi_head(node, op.module, views, str(node.name))]

    def multi_head(self, node: fx.Node, module: nn.MultiheadAttention, views: Sequence[View], name: str) -> View:
        """nn.MultiheadAttention: one linear layer for query, key and value if they are one tensor, else three."""
        query = views[0]
        if any(len(view.inner) != 2 for view in views) or query.batch_axis != (0 if module.batch_first else 1):
            raise refuse(node, "MultiheadAttention of other than (N, T, C) tokens; is batch_first what the data are?")
        width, heads = module.embed_dim, module.num_heads
        weight, bias = module.in_proj_weight, module.in_proj_bias
        if all(view is query for view in views):
            parts = self._split_heads(
                self.linear(node, _dense(weight, bias), query, f"{name}_qkv", hold=False), 3, heads
            )
        else:
            parts = []
            for i, (view, letter) in enumerate(zip(views, "qkv", strict=True)):
                rows = slice(i * width, (i + 1) * width)
                dense = _dense(weight[rows], None if bias is None else bias[rows])
                parts += self._split_heads(self.linear(node, dense, view, f"{name}_{letter}", hold=False), 1, heads)
        mixed = self.dot_product(node, parts, None, f"{name}_mixed", hold=False)
        tokens = mixed.permuted((0, 2, 1, 3)).reshaped((self.batch, mixed.inner_shape[1], width))
        tokens = tokens.permuted((0, 1, 2) if module.batch_first else (1, 0, 2))
        out = module.out_proj
        return self.linear(node, _dense(out.weight, out.bias), tokens, name, hold=False)

    def _split_heads(self, view: View, count: int, heads: int) -> list[View]:
        """`count` tensors (N, heads, T, d) out of the channels of tokens."""
        view = view.permuted((view.batch_axis, 1 - view.batch_axis, 2))
        tokens, channels = view.inner_shape
        split = view.reshaped((self.batch, tokens, count, heads, channels // count // heads))
        return [split.selected(2, i).permuted((0, 2, 1, 3)) for i in range(count)]

    def encoder(self, node: fx.Node, op: EncoderLayers, view: View) -> None:
        for index, module in enumerate(op.layers):
            last = index == len(op.layers) - 1 and op.norm is None
            part = str(node.name) if len(op.layers) == 1 and op.norm is None else f"{node.name}_{index}"
            view = self._encoder_layer(node, module, view, part, str(node.name) if last else part)
        if op.norm is not None:
            view = self.normalised(node, RowNormalisation(module=op.norm), view, str(node.name), hold=False)
        self.hold(node, view)

    def _encoder_layer(self, node: fx.Node, module: nn.TransformerEncoderLayer, x: View, part: str, name: str) -> View:
        """Attention and two linear layers, each with a residual sum, and LayerNorm before or behind each."""

        def norm(which: nn.LayerNorm, view: View, title: str) -> View:
            return self.normalised(node, RowNormalisation(module=which), view, title, hold=False)

        def attend(view: View) -> View:
            return self.multi_head(node, module.self_attn, [view] * 3, f"{part}_attn")

        def mlp(view: View) -> View:
            first, second = module.linear1, module.linear2
            hidden = self.linear(node, _dense(first.weight, first.bias), view, f"{part}_linear1", hold=False)
            function = activation_of(module)
            if function == "relu":
                layer = self.plan.layer(hidden.tensor)
                assert layer is not None
                layer.ceiling = math.inf
            else:
                assert function is not None
                hidden = self.tabulated(node, Tabulated(function=function), hidden, f"{part}_{function}", hold=False)
            return self.linear(node, _dense(second.weight, second.bias), hidden, f"{part}_linear2", hold=False)

        if module.norm_first:
            x = self.add(node, x, attend(norm(module.norm1, x, f"{part}_norm1")), f"{part}_sum1", hold=False)
            return self.add(node, x, mlp(norm(module.norm2, x, f"{part}_norm2")), name, hold=False)
        x = norm(module.norm1, self.add(node, x, attend(x), f"{part}_sum1", hold=False), f"{part}_norm1")
        return norm(module.norm2, self.add(node, x, mlp(x), f"{part}_sum2", hold=False), name)


def _dense(weight: Tensor, bias: Tensor | None) -> Weighted:
    """A linear layer with weights that another module holds."""
    made = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None, device="meta")
    made.weight = nn.Parameter(weight.detach(), requires_grad=False)
    if bias is not None:
        made.bias = nn.Parameter(bias.detach(), requires_grad=False)
    return Weighted(module=made)
