"""Transformers in every spelling: without rounding the model itself, in integers golden's; the rest is refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from token_nets import SPELLINGS, Encoder, SelfAttention, VisionTransformer
from torch import Tensor, nn

from t2c.calibration import unquantised
from t2c.exports.onnx_check import check_onnx
from t2c.exports.onnx_model import onnx_model
from t2c.exports.package import graph_of
from t2c.functions import TABULATIONS, Tables
from t2c.fusion import NetFuser
from t2c.golden.arithmetic.layer_norm import halves
from t2c.golden.arithmetic.lut import exp_table
from t2c.golden.errors import RangeError, UnsupportedError
from t2c.integer.norm import floor_root, half_length
from t2c.layers.running_norm import RunningNorm, with_running_norm
from t2c.nn2chip import T2C

MODELS: dict[str, Callable[[], nn.Module]] = {
    **{name: partial(VisionTransformer, spelling=name) for name in SPELLINGS},
    "mean": partial(VisionTransformer, pool="mean", layer_scale=True, act=lambda: nn.GELU("tanh")),
    "all": partial(VisionTransformer, pool="all", heads=1, act=nn.ReLU),
    "encoder pre": partial(Encoder, True, True, "gelu"),
    "encoder post": partial(Encoder, True, False, "relu", 2),
    "encoder sequence first": partial(Encoder, False, True, nn.GELU("tanh"), bias=False),
    "multihead": SelfAttention,
    "multihead sequence first": partial(SelfAttention, False, True),
}


def built(make: Callable[[], nn.Module], seed: int = 0) -> nn.Module:
    """A model with weights from a seed, every norm and bias lived in."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = make()
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                if "norm" in name or name.endswith("bias"):
                    parameter.add_(torch.randn(parameter.shape) * 0.2)
    return model.eval()


def images(count: int = 6, seed: int = 1, shape: tuple[int, ...] = (1, 8, 8)) -> Tensor:
    return torch.rand(count, *shape, generator=torch.Generator().manual_seed(seed))


def held(chip: T2C) -> Any:
    """golden's graph of a converted network."""
    assert chip.net is not None
    return graph_of(chip.net, chip.input_integers(images(1)), name="held", widths=chip.recipe.widths)


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", MODELS)
def test_a_transformer_is_itself_without_rounding_and_goldens_in_integers(name: str) -> None:
    model = built(MODELS[name])
    chip = T2C(model, calibration=images(16))
    unseen = images(4, seed=7)
    with torch.no_grad(), unquantised(chip.qnet):
        torch.testing.assert_close(chip.qnet(unseen), model(unseen), rtol=1e-4, atol=1e-5)
    chip.nn2chip(unseen, save_model=False)  # torch and golden on every tensor, each layer beside its training path
    with torch.no_grad():
        wanted = model(unseen)
    reading = chip.net.layer(chip.net.output_name).reading
    real = (chip.net(chip.input_integers(unseen)) - reading.zero_point) * reading.scale
    assert float((real - wanted).abs().max()) < 0.1 * float(wanted.max() - wanted.min())
    ops = [node.op for node in held(chip).nodes]
    assert ops.count("softmax") * 2 == ops.count("matmul") == (4 if name == "encoder post" else 2)


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", ["unbind", "mean", "encoder sequence first"])
def test_onnxruntime_gives_the_same_integers(name: str) -> None:
    chip = T2C(built(MODELS[name]), calibration=images())
    chip.nn2chip(images(2), save_model=False)
    graph = held(chip)
    assert check_onnx(onnx_model(graph).SerializeToString(), graph, chip.input_integers(images(2)).numpy()) > 5000


def test_heads_are_views_and_linear_layers_convolutions_of_a_map() -> None:
    """The chain that docs/arithmetic.md section 5 says: a slice, a reshape, and a transpose but for the key."""
    chip = T2C(built(MODELS["unbind"]), calibration=images())
    chip.nn2chip(images(1), save_model=False)
    graph = held(chip)
    assert graph.edges["blocks_0_attn_qkv"].shape == (48, 17, 1)
    (scores,) = (node for node in graph.nodes if node.op == "matmul" and graph.edges[node.output].shape == (2, 17, 17))

    def chain(name: str) -> list[str]:
        made = next((node for node in graph.nodes if node.output == name), None)
        return [] if made is None or made.op == "conv2d" else [*chain(made.inputs[0]), made.op]

    assert [chain(name) for name in scores.inputs] == [["slice", "reshape", "transpose"], ["slice", "reshape"]]
    assert {"concat_constant", "add_constant", "layer_norm", "pointwise"} <= {node.op for node in graph.nodes}


class Around(nn.Module):
    """Tokens of 8 channels, two heads of 4, and one thing that is refused."""

    def __init__(self, call: Callable[[Any, Tensor], Tensor], *modules: nn.Module) -> None:
        super().__init__()
        self.call = call
        self.patches = nn.Conv2d(1, 8, 4, stride=4)
        self.m = nn.ModuleList(modules)
        self.token = nn.Parameter(torch.randn(1, 1, 8))
        self.mask = nn.Parameter(-1e4 * torch.ones(4, 4).triu(1))
        self.head = nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.call(self, self.patches(x).flatten(2).transpose(1, 2)).mean(1))


def _heads(x: Tensor) -> Tensor:
    return x.reshape(x.shape[0], 4, 2, 4).transpose(1, 2)


def _joined(x: Tensor) -> Tensor:
    return x.transpose(1, 2).reshape(x.shape[0], 4, 8)


def _dot(s: Any, x: Tensor, **options: Any) -> Tensor:
    return _joined(F.scaled_dot_product_attention(_heads(x), _heads(x), _heads(x), **options))


MASK = torch.ones(4, 4, dtype=torch.bool).tril()
REFUSED: dict[str, tuple[Any, ...]] = {
    "mask": (lambda s, x: _dot(s, x, attn_mask=MASK), "node 'scaled_dot_product_attention'.*with a mask"),
    "causal": (lambda s, x: _dot(s, x, is_causal=True), "node 'scaled_dot_product_attention'.*causal"),
    "dropout": (lambda s, x: _dot(s, x, dropout_p=0.1), "node 'scaled_dot_product_attention'.*dropout that is active"),
    "negative scale": (lambda s, x: _dot(s, x, scale=-1.0), "node 'scaled_dot_product_attention'.*not above 0"),
    "masked heads": (
        lambda s, x: s.m[0](x, x, x, attn_mask=MASK, need_weights=False)[0],
        "node 'm_0'.*mask .attn_mask",
        nn.MultiheadAttention(8, 2, batch_first=True),
    ),
    "weights": (
        lambda s, x: x + s.m[0](x, x, x)[1] @ x,
        "node 'getitem'.*weights of an attention",
        nn.MultiheadAttention(8, 2, batch_first=True),
    ),
    "added rows": (
        lambda s, x: s.m[0](x, x, x)[0],
        "node 'm_0'.*add_zero_attn",
        nn.MultiheadAttention(8, 2, batch_first=True, add_zero_attn=True),
    ),
    "masked encoder": (
        lambda s, x: s.m[0](x, MASK.float()),
        "node 'm_0'.*mask .src_mask",
        nn.TransformerEncoderLayer(8, 2, 8, batch_first=True),
    ),
    "odd activation": (
        lambda s, x: s.m[0](x),
        "node 'm_0'.*activation",
        nn.TransformerEncoderLayer(8, 2, 8, batch_first=True, activation=F.silu),
    ),
    "norm of two axes": (lambda s, x: s.m[0](x), "node 'm_0'.*LayerNorm over 2 axes", nn.LayerNorm((4, 8))),
    "softmax of columns": (lambda s, x: _joined(_heads(x).softmax(2)), "node 'softmax'.*last axis"),
    "elementwise": (lambda s, x: x * s.m[0](x), "node 'mul'.*two activations", nn.Linear(8, 8)),
    "scaled sum": (lambda s, x: x * 2.0 + x, "node 'add'.*times a number"),
    "mean of the batch": (lambda s, x: x.mean(0, keepdim=True) + x, "node 'mean'.*leave one axis"),
    "windows": (lambda s, x: s.m[0](x.reshape(-1, 2, 8)), "node 'reshape'.*batch", nn.Linear(8, 8)),
    "shared norm": (lambda s, x: s.m[0](s.m[0](x)), "node 'm_0'.*called 2 times", nn.LayerNorm(8)),
    "token of the batch": (lambda s, x: torch.cat([s.token.expand(2, 4, 8), x]), "node 'cat'.*along the batch"),
    "two tensors": (lambda s, x: torch.cat([x, s.m[0](x)], 1), "node 'cat'.*other than along axis 1", nn.Linear(8, 8)),
    "wide constant": (lambda s, x: x.mean(1, keepdim=True) + s.token.expand(1, 4, 8), "node 'add'.*widens"),
    "rectified table": (lambda s, x: F.relu(s.m[0](x)), "node 'relu'.*cannot be fused into 'm_0'", nn.GELU()),
    "infinite mask": (
        lambda s, x: (x @ x.transpose(1, 2) + torch.ones(4, 4).tril().log()).softmax(-1) @ x,
        "node 'add'.*not finite",
    ),
    "large mask": (
        lambda s, x: (x @ x.transpose(1, 2) + s.mask).softmax(-1) @ x,
        "node 'softmax'.*with a mask: node 'add'",
    ),
    "filled mask": (
        lambda s, x: (x @ x.transpose(1, 2)).masked_fill(MASK, -9.0).softmax(-1) @ x,
        "node 'masked_fill'",
    ),
    "no statistics": (lambda s, x: s.m[0](x), "node 'm_0'.*no batch has set", RunningNorm(8)),
    "scale of tokens": (
        lambda s, x: s.m[0](x) * s.token.reshape(1, 8, 1)[:, :4],
        "node 'mul'.*channel",
        nn.Linear(8, 8),
    ),
}


@pytest.mark.sample(3)
@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_refused_by_name(case: str) -> None:
    call, message, *modules = REFUSED[case]
    with pytest.raises(UnsupportedError, match=message) as caught:
        NetFuser(Around(call, *modules).eval()).fuse(images(4))
    assert "\n" not in str(caught.value)


FITS: dict[str, tuple[Any, ...]] = {
    "tokens on both sides": (
        lambda s, x: torch.cat([s.token.expand(x.shape[0], -1, -1), x, s.token.repeat(x.shape[0], 3, 1)], 1),
    ),
    "a token behind a ReLU": (lambda s, x: torch.cat([s.token.expand(x.shape[0], -1, -1), F.relu(x)], 1),),
    "a computed constant": (
        lambda s, x: torch.cat([x[..., 1:], s.m[0].weight.mean(0).expand(x.shape[0], 4, 1)], 2),
        nn.Linear(1, 5),
    ),
    "bias of the scores": (
        lambda s, x: _joined((_heads(x / 2) @ _heads(x).transpose(-1, -2) + s.token[0, 0, :4]).softmax(-1) @ _heads(x)),
    ),
    "norm of heads": (
        lambda s, x: _joined(F.scaled_dot_product_attention(s.m[0](_heads(x)), s.m[1](_heads(x)), _heads(x))),
        nn.LayerNorm(4),
        nn.LayerNorm(4),
    ),
    "no heads": (lambda s, x: (x @ x.transpose(1, 2) / 8**0.5).softmax(-1) @ x,),
    "cut twice": (
        lambda s, x: x[:, 1:].reshape(x.shape[0], 3, 4, 2)[:, :2, 1:].flatten(2)[..., :2] @ s.m[0](x)[:, :2],
        nn.Linear(8, 8),
    ),
    "BatchNorm of tokens": (
        lambda s, x: s.m[1](s.m[0](x).transpose(1, 2)).transpose(1, 2),
        nn.Linear(8, 8),
        nn.BatchNorm1d(8),
    ),
}


@pytest.mark.sample(3)
@pytest.mark.parametrize("options", [{}, {"symmetric_activations": False}, {"rounding": "floor"}])
@pytest.mark.parametrize("case", FITS)
def test_what_else_people_write(case: str, options: dict[str, Any]) -> None:
    call, *modules = FITS[case]
    model = Around(call, *modules).eval()
    chip = T2C(model, partial(NetFuser, **options), calibration=images(8))
    with torch.no_grad(), unquantised(chip.qnet):
        torch.testing.assert_close(chip.qnet(images(3)), model(images(3)), rtol=1e-4, atol=1e-5)
    chip.nn2chip(images(3), save_model=False)
    assert chip.metrics["fake_integer_largest"] <= 8


def test_a_negative_token_beside_a_relu_keeps_its_sign() -> None:
    model = Around(FITS["a token behind a ReLU"][0]).eval()
    with torch.no_grad():
        model.token.copy_(-torch.arange(8.0))
    chip = T2C(model, calibration=images(8))
    chip.nn2chip(images(2), save_model=False)
    graph = held(chip)
    edge = graph.edges["cat"]
    assert edge.signed
    tokens = graph.run(chip.input_integers(images(1)).numpy())["cat"][0, :, 0, 0] * edge.scale
    np.testing.assert_allclose(tokens, -np.arange(8.0), atol=edge.scale / 2)


def test_roots_and_lengths_are_goldens() -> None:
    """Beside every square and power of two up to 2^50, where a float root could round up."""
    roots = [2**k + d for k in range(25) for d in (-1, 0, 1)] + list(np.random.default_rng(0).integers(1, 2**25, 2000))
    values = torch.tensor([int(r) ** 2 + d for r in roots for d in (-1, 0, 1) if r > 1], dtype=torch.int64)
    wanted = [math.isqrt(int(v)) for v in values]
    assert floor_root(values).tolist() == wanted
    assert half_length(values).tolist() == halves(values.numpy()).tolist()


def test_a_hook_inside_an_attention_is_not_lost() -> None:
    model = built(MODELS["encoder pre"])
    model.body.linear1.register_forward_hook(lambda module, inputs, output: output * 2)
    with pytest.raises(UnsupportedError, match=r"node 'body'.*hooks"):
        NetFuser(model).fuse(images(4))


def test_a_patched_attention_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    right = nn.MultiheadAttention.forward

    def wrong(self: Any, *given: Any, **options: Any) -> Any:
        result, weights = right(self, *given, **options)
        return result * (1 + 1e-6), weights

    monkeypatch.setattr(nn.MultiheadAttention, "forward", wrong)
    with pytest.raises(UnsupportedError, match=r"node 'attn'.*no MultiHead.*off by"):
        NetFuser(built(SelfAttention)).fuse(images(4))


@pytest.mark.parametrize("statistics", ["layer", "channel"])
def test_running_statistics_are_a_mulquant_of_the_input(statistics: str) -> None:
    model = with_running_norm(built(MODELS["unbind"]), images(32), statistics=statistics)
    assert sum(isinstance(module, RunningNorm) for module in model.modules()) == 3
    chip = T2C(model, calibration=images(16))
    with torch.no_grad(), unquantised(chip.qnet):
        torch.testing.assert_close(chip.qnet(images(3)), model(images(3)), rtol=1e-4, atol=1e-5)
    chip.nn2chip(images(3), save_model=False)
    graph = held(chip)
    assert {node.op for node in graph.nodes} & {"layer_norm"} == set()
    norms = [node for node in graph.nodes if node.op == "average_pool2d"]
    assert [(node.kernel, node.mulquant.channels) for node in norms] == [((1, 1), 16)] * 3


def test_running_statistics_follow_the_training_and_stand_still_afterwards() -> None:
    norm, x = RunningNorm(4, statistics="channel", momentum=0.5), torch.randn(3, 5, 4) * 2 + 1
    rows = norm.train()(x).reshape(-1, 4)
    torch.testing.assert_close(rows.mean(0), torch.zeros(4), rtol=0, atol=1e-5)
    torch.testing.assert_close(norm.running_mean, 0.5 * x.reshape(-1, 4).mean(0))
    before = norm.running_var.clone()
    norm.eval()(x)
    assert torch.equal(norm.running_var, before)
    with pytest.raises(ValueError, match=r"no nn\.LayerNorm"):
        with_running_norm(nn.Linear(2, 2), torch.randn(1, 2))


@pytest.mark.parametrize("name", TABULATIONS)
def test_every_function_becomes_a_table(name: str) -> None:
    class Function(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(1, 3, 3)

        def forward(self, x: Tensor) -> Tensor:
            return CALLED[name](self.conv(x))

    chip = T2C(built(Function), calibration=images())
    chip.nn2chip(images(2), save_model=False)
    graph = held(chip)
    (node,) = (node for node in graph.nodes if node.op == "pointwise")
    x, y = graph.edges[node.inputs[0]], graph.edges[node.output]
    values = torch.arange(x.format.lo, x.format.hi + 1)
    wanted = TABULATIONS[name].forward((values.double() - x.zero_point) * x.scale) / y.scale
    table = np.asarray(node.pointwise.entries)[values.numpy() & 255]
    off = np.abs(table - wanted.clamp(y.format.lo, y.format.hi).numpy())
    assert off.max() <= 0.5 + 1e-6
    assert y.signed is not TABULATIONS[name].non_negative


CALLED: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": F.gelu,
    "gelu_tanh": partial(F.gelu, approximate="tanh"),
    "silu": F.silu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "hardswish": F.hardswish,
    "hardsigmoid": F.hardsigmoid,
}


def test_tables_of_ones_own() -> None:
    """GELU as x sigmoid(1.702 x), and powers of two in softmax: the package holds them, training goes on without."""

    def quick(x: float) -> float:
        return x / (1.0 + np.exp(-1.702 * x))

    def halving(*, scale: float, depth: int, exponent_bits: int) -> Any:
        return exp_table(scale=scale * np.log(2.0), depth=depth, exponent_bits=exponent_bits)

    tables = Tables(functions={"gelu": quick}, exponential=halving)
    plain, own = (
        T2C(built(MODELS["unbind"]), partial(NetFuser, tables=each), calibration=images()) for each in (None, tables)
    )
    for chip in (plain, own):
        chip.nn2chip(images(2), save_model=False)
    for op, field in (("pointwise", "entries"), ("softmax", "exp")):
        first, second = (
            next(getattr(getattr(node, op), field) for node in held(chip).nodes if node.op == op)
            for chip in (plain, own)
        )
        assert first.shape == second.shape
        assert (first != second).any()
    assert torch.equal(plain.qnet(images(2)), own.qnet(images(2)))
    with pytest.raises(RangeError, match="tables: no layer or function 'silu'; the model has blocks_0_mlp_act, gelu"):
        NetFuser(built(MODELS["unbind"]), tables=Tables(functions={"silu": quick})).fuse(images(4))


def test_every_parameter_trains_through_the_quantised_network() -> None:
    chip = T2C(built(MODELS["mean"]), calibration=images(16))
    chip.qnet.train()(images(4)).square().sum().backward()
    assert [name for name, parameter in chip.qnet.named_parameters() if parameter.grad is None] == []
    named = dict(chip.qnet.named_parameters())
    for part in ("layers.cat.constant", "layers.add.constant", "layers.norm.gamma"):
        assert float(named[part].grad.abs().sum()) > 0, part
