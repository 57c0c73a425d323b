"""A residual stream wider than the other tensors: which tensors it is, golden's integers, what it is good for."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from test_transformers import MODELS, built, held, images

from t2c.exports.onnx_check import check_onnx
from t2c.exports.onnx_model import onnx_model
from t2c.fusion import LayerBits, NetFuser
from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.errors import RangeError
from t2c.models.resnet20 import ResNet20
from t2c.nn2chip import T2C
from t2c.quantisers.lsq import LSQ


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", ["unbind", "encoder post", "encoder sequence first"])
@pytest.mark.parametrize("bits", [10, 16])
def test_sums_that_only_sums_and_norms_read_are_wide(name: str, bits: int) -> None:
    chip = T2C(
        built(MODELS[name]), partial(NetFuser, residual_bits=bits), calibration=images(16), widths=Widths(scale=24)
    )
    chip.nn2chip(images(4, seed=7), save_model=False)  # torch and golden on every tensor
    graph = held(chip)
    readers = {edge: [node.op for node in graph.nodes if edge in node.inputs] for edge in graph.edges}
    wide = set()
    for node in graph.nodes:
        follow = readers[node.output]
        stream = node.op in ("add", "add_constant") and follow and set(follow) <= {"add", "add_constant", "layer_norm"}
        assert graph.edges[node.output].bits == (bits if stream else 8), node.name
        wide |= {node.name} if stream else set()
    assert wide
    assert check_onnx(onnx_model(graph).SerializeToString(), graph, chip.input_integers(images(2)).numpy()) > 5000


def test_a_wide_stream_has_finer_steps_over_the_same_range() -> None:
    steps = {}
    for bits in (8, 16):
        chip = T2C(built(MODELS["unbind"]), partial(NetFuser, residual_bits=bits), calibration=images(32))
        chip.convert()
        steps[bits] = held(chip).edges["add"].scale
    assert steps[8] / steps[16] == pytest.approx(((1 << 15) - 1) / ((1 << 7) - 1))


def test_a_learned_step_trains_a_wide_stream() -> None:
    fuser = partial(NetFuser, residual_bits=12, activation_quantiser=LSQ)
    chip = T2C(built(MODELS["unbind"]), fuser, calibration=images(8))
    chip.qnet.train()
    chip.qnet(images(4)).sum().backward()
    wide = [module for module in chip.qnet.modules() if isinstance(module, LSQ) and module.format.bits == 12]
    grads = [parameter.grad for quantiser in wide for parameter in quantiser.parameters()]
    assert grads
    assert all(grad is not None and torch.isfinite(grad).all() and (grad != 0).any() for grad in grads)


@pytest.mark.parametrize(
    ("make", "options", "text"),
    [
        (MODELS["unbind"], {"residual_bits": 17}, "residual_bits = 17 is outside 2..16"),
        (MODELS["unbind"], {"activation_bits": 16}, "activation bits = 16 is outside 2..8"),
        (MODELS["unbind"], {"weight_bits": 9}, "weight bits = 9 is outside 2..8"),
        (
            MODELS["unbind"],
            {"layer_bits": {"patch_embed": LayerBits(activation=16)}},
            "layer_bits: 'patch_embed': 16 bits are for a sum that only sums and LayerNorms read, else at most 8",
        ),
        (ResNet20, {"residual_bits": 16}, "residual_bits: the model has no sum that only sums and LayerNorms read"),
    ],
)
def test_what_no_stream_can_be_is_refused_by_name(make, options, text: str) -> None:  # type: ignore[no-untyped-def]
    shape = (3, 32, 32) if make is ResNet20 else (1, 8, 8)
    with pytest.raises(RangeError) as refused:
        T2C(make().eval(), partial(NetFuser, **options), calibration=images(4, shape=shape))
    assert text in str(refused.value)
