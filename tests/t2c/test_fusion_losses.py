"""What tracing could lose without a word: each model is converted right, or refused by name."""

from __future__ import annotations

import random
import threading
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrizations, prune
from torch.utils.checkpoint import checkpoint

from t2c.calibration import unquantised
from t2c.fusion import NetFuser, fuser
from t2c.golden.errors import ShapeError, UnsupportedError
from t2c.nn2chip import T2C

SHAPE = (2, 6, 6)


class Two(nn.Module):
    """Two convolutions and what lies between them."""

    def __init__(self, between: Callable[..., Any]) -> None:
        super().__init__()
        self.a = nn.Conv2d(2, 2, 3, padding=1)
        self.b = nn.Conv2d(2, 3, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.kept = nn.ReLU()
        self.between = between

    def forward(self, x: Tensor) -> Tensor:
        return self.b(self.between(self, self.a(x)))


def two(between: Callable[..., Any], *, seed: int = 0) -> Two:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Two(between).eval()


def images(count: int = 6, seed: int = 1) -> Tensor:
    return torch.randn(count, *SHAPE, generator=torch.Generator().manual_seed(seed))


def dead(call: Callable[[Any, Tensor], Any]) -> Callable[[Any, Tensor], Tensor]:
    """Call something on y and go on with y."""

    def between(s: Any, y: Tensor) -> Tensor:
        call(s, y)
        return y

    return between


def kept_and_changed(s: Any, y: Tensor) -> Tensor:
    del s
    z = y
    z += y
    return y


LOST = {
    "relu_": (dead(lambda s, y: y.relu_()), "relu_"),
    "F.relu in place": (dead(lambda s, y: F.relu(y, inplace=True)), "relu"),
    "torch.relu_": (dead(lambda s, y: torch.relu_(y)), "relu_"),
    "nn.ReLU in place": (dead(lambda s, y: s.relu(y)), "relu"),
    "F.relu6 in place": (dead(lambda s, y: F.relu6(y, inplace=True)), "relu6"),
    "clamp_": (dead(lambda s, y: y.clamp_(0)), "clamp_"),
    "mul_": (dead(lambda s, y: y.mul_(2)), "mul_"),
    "add_": (dead(lambda s, y: y.add_(y)), "add_"),
    "copy_": (dead(lambda s, y: y.copy_(F.relu(y))), "copy_"),
    "zero_": (dead(lambda s, y: y.zero_()), "zero_"),
    "setitem": (dead(lambda s, y: y.__setitem__((slice(None), 0), 0)), "setitem"),
    "index_put_": (dead(lambda s, y: y.index_put_((torch.tensor([0]),), torch.tensor(0.0))), "index_put_"),
    "out=": (dead(lambda s, y: torch.add(y, y, out=y)), "add"),
    "a view": (dead(lambda s, y: y[:, :1].relu_()), "relu_"),
    "a flat view": (dead(lambda s, y: y.view(y.size(0), -1).relu_()), "relu_"),
    "a residual before its ReLU": (lambda s, y: y + s.relu(y), "relu"),
    "an augmented alias": (kept_and_changed, "add"),
}


@pytest.mark.parametrize("scale", [1.0, 1e-4])
@pytest.mark.parametrize("case", LOST)
def test_a_change_in_place_that_is_read_under_the_old_name_is_refused(case: str, scale: float) -> None:
    """Whatever the size of the outputs: 1e-4 was within the tolerance once, and a black image showed nothing."""
    between, name = LOST[case]
    model = two(between)
    with torch.no_grad():
        for convolution in (model.a, model.b):
            convolution.bias = None
            convolution.weight.mul_(scale)
    with pytest.raises(UnsupportedError, match=rf"node '{name}' .*changes the tensor of node 'a' in place"):
        NetFuser(model).fuse(images() if scale == 1.0 else torch.zeros(3, *SHAPE))


@pytest.mark.parametrize("detached", [lambda y: y.data, lambda y: y.detach()])
def test_a_tensor_without_its_history_is_refused_by_name(detached: Callable[[Tensor], Tensor]) -> None:
    with pytest.raises(UnsupportedError, match=r"attribute 'data'|node 'detach'"):
        NetFuser(two(dead(lambda s, y: detached(y).relu_()))).fuse(images())


def checked(model: nn.Module) -> None:
    """Converted right: fused, it is the model on images that nothing has seen, and the integers follow it."""
    calibration, unseen = images(), 3 * images(8, seed=5)
    chip = T2C(model, calibration=calibration)
    with torch.no_grad(), unquantised(chip.qnet):
        torch.testing.assert_close(chip.qnet(unseen), model(unseen.clone()), rtol=1e-5, atol=1e-5)
    integers = chip.input_integers(calibration)
    reading = chip.qnet.layers[chip.qnet.output_name].output_quantiser.reading
    net = chip.nn2chip(calibration, save_model=False)
    real = (net(integers) - reading.zero_point) * reading.scale
    with torch.no_grad():
        wanted = model(calibration.clone())
    assert float((real - wanted).abs().max()) < 0.05 * float(wanted.max() - wanted.min())


def without_gradient(s: Any, y: Tensor) -> Tensor:
    with torch.no_grad():
        return s.kept(y)


def assigned(s: Any, y: Tensor) -> Tensor:
    del s
    z = y + y
    z += y
    return z


def changed_too_late(s: Any, y: Tensor) -> Tensor:
    del s
    z = y + y
    y.relu_()
    return z


RIGHT = {
    "an assigned change": lambda s, y: y.relu_(),
    "an assigned sum": assigned,
    "changed and never read again": changed_too_late,
    "dead and pure": dead(lambda s, y: F.relu(y)),
    "without gradient": without_gradient,
    "only keywords": lambda s, y: F.relu(input=y),
    "keyword of a pool": lambda s, y: F.max_pool2d(input=y, kernel_size=3, stride=1, padding=1),
    "one ReLU twice": lambda s, y: s.relu(s.relu(y)),
    "dropout of the mode": lambda s, y: F.dropout(y, 0.5, training=s.training),
    "checkpoint": lambda s, y: checkpoint(s.kept, y, use_reentrant=False),
    "kept features": lambda s, y: (setattr(s, "features", y), s.kept(y))[1],
    "twice the same": lambda s, y: y + y,
}


@pytest.mark.parametrize("case", RIGHT)
def test_what_is_harmless_is_converted_right(case: str) -> None:
    checked(two(RIGHT[case]))


def counted(s: Any, y: Tensor) -> Tensor:
    s.calls = getattr(s, "calls", 0) + 1
    return F.relu(y) if s.calls > 100 else y


def buffered(s: Any, y: Tensor) -> Tensor:
    s.a.weight.mul_(1.0)
    return y


def seen_eagerly(s: Any, y: Tensor) -> Tensor:
    return F.relu(y) if isinstance(y, Tensor) else y


REFUSED = {
    "random numbers": (lambda s, y: y + torch.rand(1) * 1e-9, "random numbers"),
    "random numbers of Python": (lambda s, y: y if random.random() < 2 else F.relu(y), "random numbers"),
    "random numbers of NumPy": (lambda s, y: y if np.random.rand() < 2 else F.relu(y), "random numbers"),  # noqa: NPY002
    "active dropout": (lambda s, y: F.dropout(y, 0.5, training=True), "node 'dropout'.*active"),
    "a counter": (counted, "attribute 'calls' of the model"),
    "a parameter": (buffered, "changes 'a.weight'"),
    "a type": (seen_eagerly, "the model runs aten.relu.*the trace runs aten.convolution.*node 'b'"),
    "data in control flow": (lambda s, y: y if y.mean() > 0 else F.relu(y), "control flow"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_depends_on_more_than_the_input_is_refused(case: str) -> None:
    between, message = REFUSED[case]
    with pytest.raises(UnsupportedError, match=message):
        NetFuser(two(between)).fuse(images())


@pytest.fixture
def another_thread() -> Iterator[None]:
    """As in a worker of Dask, whose own threads draw random numbers now and then."""
    over = threading.Event()
    other = threading.Thread(target=over.wait)
    other.start()
    yield
    over.set()
    other.join()


@pytest.mark.usefixtures("another_thread")
def test_a_number_that_another_thread_draws_is_not_the_models() -> None:
    drawn: list[float] = []

    def between(s: Any, y: Tensor) -> Tensor:
        if len(drawn) < 2:  # in the first runs only, and the result does not depend on it
            drawn.append(random.random())
        return y

    NetFuser(two(between)).fuse(images())
    assert len(drawn) == 2


@pytest.mark.usefixtures("another_thread")
@pytest.mark.parametrize("case", [case for case in REFUSED if "random" in case])
def test_a_model_that_draws_is_refused_beside_other_threads_too(case: str) -> None:
    test_what_depends_on_more_than_the_input_is_refused(case)


class Still(nn.Dropout):
    """In training mode whatever it is told."""

    def train(self, mode: bool = True) -> Still:
        del mode
        return super().train(True)


class Statistic(nn.Module):
    """Counts its images in a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("images", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        self.images += x.shape[0]
        return x


def patched_leaf(model: Two) -> None:
    model.kept.forward = lambda x: F.leaky_relu(x, 1e-3)


def patched_root(model: Two) -> None:
    model.forward = types.MethodType(lambda self, x: F.relu(self.a(x)), model)


def other_ceiling(model: Two) -> None:
    model.kept = nn.ReLU6()
    model.kept.max_val = 4.0


SPOILT: dict[str, tuple[Callable[[Two], Any], str]] = {
    "a patched leaf": (patched_leaf, "module 'kept': its forward is patched"),
    "a patched model": (patched_root, "the model: its forward is patched"),
    "a hook of the model": (lambda m: m.register_forward_hook(lambda *a: a[2] * 1.0001), "the model: forward hooks"),
    "a pre-hook of the model": (lambda m: m.register_forward_pre_hook(lambda *a: None), "the model: forward hooks"),
    "a pre-hook of a leaf": (lambda m: m.a.register_forward_pre_hook(lambda *a: None), "node 'a'.*hooks"),
    "weight norm": (lambda m: parametrizations.weight_norm(m.a), "module 'a' has parametrizations"),
    "spectral norm": (lambda m: parametrizations.spectral_norm(m.a), "module 'a' has parametrizations"),
    "old weight norm": (lambda m: nn.utils.weight_norm(m.a), "module 'a': WeightNorm of torch.nn.utils"),
    "pruning": (lambda m: prune.l1_unstructured(m.a, "weight", 0.5), "module 'a': L1Unstructured"),
    "a training mode that stays": (lambda m: setattr(m, "kept", Still()), "module 'kept' stays in training mode"),
    "a buffer that changes": (lambda m: setattr(m, "kept", Statistic()), "changes 'kept.images'"),
    "a lazy module": (lambda m: setattr(m, "kept", nn.LazyConv2d(2, 1)), "kept.weight has no values yet"),
    "another ceiling": (other_ceiling, "node 'kept'.*no Relu.*off by"),
    "TorchScript": (lambda m: setattr(m, "kept", torch.jit.script(nn.ReLU())), "module 'kept' is TorchScript"),
    "no copy": (lambda m: setattr(m, "held", m.a.weight * 2), "cannot be copied"),
}


@pytest.mark.filterwarnings("ignore:.*(torch.nn.utils.weight_norm|torch.jit.script|Lazy modules)")
@pytest.mark.parametrize("case", SPOILT)
def test_what_a_trace_would_lose_is_refused_by_name(case: str) -> None:
    spoil, message = SPOILT[case]
    model = two(lambda s, y: s.kept(y))
    spoil(model)
    with pytest.raises(UnsupportedError, match=message):
        NetFuser(model).fuse(images())


def test_a_backward_hook_is_harmless() -> None:
    model = two(lambda s, y: s.kept(y))
    model.a.register_full_backward_hook(lambda *a: None)
    checked(model)


def test_a_hook_of_every_module_is_refused() -> None:
    hook = nn.modules.module.register_module_forward_hook(lambda *a: None)
    try:
        with pytest.raises(UnsupportedError, match="global forward hooks"):
            NetFuser(two(lambda s, y: y)).fuse(images())
    finally:
        hook.remove()


@pytest.mark.parametrize("function", [lambda x: F.leaky_relu(x, 1e-3), lambda x: x.clamp(0, 50), lambda x: x + 1e-9])
def test_a_class_that_computes_something_else_is_refused(
    function: Callable[[Tensor], Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On images that show no difference at all: the node is run alone."""
    monkeypatch.setattr(nn.ReLU, "forward", lambda self, x: function(x))
    with pytest.raises(UnsupportedError, match=r"node 'kept'.*no Relu"):
        NetFuser(two(lambda s, y: s.kept(y))).fuse(torch.zeros(2, *SHAPE))


def test_the_users_images_stay_as_they_are() -> None:
    class InPlace(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a = nn.Conv2d(2, 2, 3, padding=1)

        def forward(self, x: Tensor) -> Tensor:
            x += self.a(x)
            return x

    given = images()
    checked(InPlace().eval())
    T2C(InPlace().eval(), calibration=given).nn2chip(given, save_model=False)
    assert torch.equal(given, images())


def test_a_convolution_in_fewer_bits_is_refused() -> None:
    class Mixed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a = nn.Conv2d(2, 2, 3, padding=1)

        def forward(self, x: Tensor) -> Tensor:
            with torch.autocast("cpu", dtype=torch.bfloat16):
                return self.a(x)

    with pytest.raises(UnsupportedError, match=r"module 'a' runs aten._to_copy.*autocast"):
        NetFuser(Mixed()).fuse(images())
    with torch.autocast("cpu", dtype=torch.bfloat16):  # the caller's own does not matter
        NetFuser(two(lambda s, y: s.kept(y))).fuse(images())


def test_a_view_that_holds_for_one_image_only_is_refused() -> None:
    class Single(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(72, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(x.view(1, -1))

    with pytest.raises(ShapeError, match=r"example of shape \(1, 2, 6, 6\)"):
        NetFuser(Single()).fuse(images(1))


def test_two_layers_of_one_weight_are_converted_right() -> None:
    model = two(lambda s, y: s.kept(s.c(y)))
    model.c, model.b = nn.Conv2d(2, 2, 3, padding=1), nn.Conv2d(2, 2, 3, padding=1)
    model.c.weight = model.b.weight
    checked(model)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("scale", [1.0, 1e-4, 1e-8])
def test_a_fusion_that_is_wrong_in_one_channel_is_refused(
    scale: float, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a ten-thousandth of what that channel moves by, however small its values are beside those of others."""
    model = two(lambda s, y: s.kept(y))
    with torch.no_grad():
        model.a.bias = None
        model.a.weight[1] *= scale
        model.b.bias = None
    right = fuser.normalisation

    def wrong(module: Any, norm: Any) -> Any:
        gamma, beta = right(module, norm)
        if module.weight.dtype == dtype and beta.numel() == 2:
            beta = beta + torch.tensor([0.0, 1e-4 * scale], dtype=dtype)
        return gamma, beta

    NetFuser(model).fuse(images())
    monkeypatch.setattr(fuser, "normalisation", wrong)
    found = r"tensor 'a': .* in channel 1, whose values" if dtype == torch.float64 else "layers.a.beta"
    with pytest.raises(UnsupportedError, match=found):
        NetFuser(model).fuse(torch.zeros(2, *SHAPE))
