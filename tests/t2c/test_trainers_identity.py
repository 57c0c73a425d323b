"""A checkpoint continues only the network that it is of, to the last stride, option and line of `forward`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from t2c.checkpoint import digest
from t2c.data.split import Split, Splits
from t2c.errors import CheckpointError
from t2c.fusion import NetFuser
from t2c.models.digits_cnn import DigitsCNN
from t2c.network import QNetwork, Wire
from t2c.quantisers import RCF
from t2c.trainers import PTQ, QAT, Supervised, Trainer
from t2c.trainers.identity import describe
from tests.t2c.small_nets import Dense, Functional, Nested, Residual, built, images


def data(seed: int = 0) -> Splits:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(24, 2, 6, 6, generator=generator)
    part = Split(images=x, labels=torch.randint(0, 3, (24,), generator=generator))
    return Splits(train=part, calibration=part, test=part)


class Net(nn.Module):
    """Whose state dict is the same whatever its options are."""

    def __init__(
        self,
        stride: int = 1,
        padding: int = 1,
        relu: type[nn.Module] = nn.ReLU,
        function: Callable[[Tensor], Tensor] = F.relu,
        swapped: bool = False,
    ) -> None:
        super().__init__()
        self.a = nn.Conv2d(2, 4, 3, padding=padding)
        self.b = nn.Conv2d(4, 4, 3, stride=stride, padding=1)
        self.c = nn.Conv2d(4, 4, 3, stride=stride, padding=1)
        self.relu = relu()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(4, 3)
        self._function, self._swapped = function, swapped

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.a(x))
        first, second = (self.c, self.b) if self._swapped else (self.b, self.c)
        y = self._function(first(x) + x) if first(x).shape == x.shape else self._function(first(x))
        return self.fc(self.pool(second(y)).flatten(1))


class Traced(Net):
    """The same, such that torch.fx can trace it."""

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.a(x))
        first, second = (self.c, self.b) if self._swapped else (self.b, self.c)
        return self.fc(self.pool(second(self._function(first(x)))).flatten(1))


def made(kind: type[Net] = Traced, **options: Any) -> Net:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return kind(**options)


def supervised(path: Path | None, model: nn.Module) -> Trainer:
    return Supervised(model, data(), epochs=1, checkpoint=path)


def qat(path: Path | None, model: nn.Module, **options: Any) -> Trainer:
    return QAT(model, data(), fuser=partial(NetFuser, **options), epochs=1, checkpoint=path)


def refuses(trainer: Trainer) -> None:
    """The trainer does not continue the checkpoint, and nothing of it is loaded."""
    before = digest(trainer.model.state_dict())
    with pytest.raises(CheckpointError, match="of another run: model is ") as caught:
        trainer.fit()
    assert "\n" not in str(caught.value)
    assert digest(trainer.model.state_dict()) == before


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    "change",
    [{"stride": 2}, {"padding": 0}, {"relu": nn.ReLU6}, {"function": F.relu6}, {"swapped": True}],
    ids=lambda change: next(iter(change)),
)
@pytest.mark.parametrize("trainer", [supervised, qat])
def test_another_function_with_the_same_weights(trainer: Callable[..., Trainer], change: Any, tmp_path: Path) -> None:
    path = tmp_path / "run.pt"
    trainer(path, made()).fit()
    trainer(path, made()).fit()
    refuses(trainer(path, made(**change)))


class Free(RCF):
    """A class of its own, otherwise the same."""


def test_another_quantisation_with_the_same_tensors(tmp_path: Path) -> None:
    path = tmp_path / "run.pt"
    kept = {"weight_bits": 4, "weight_quantiser": RCF}
    qat(path, made(), **kept).fit()
    changes: list[dict[str, Any]] = [
        {"symmetric_activations": False},
        {"weight_bits": 5},
        {"activation_bits": 4},
        {"output_bits": 7},
        {"weight_quantiser": partial(RCF, centre=True)},
        {"weight_quantiser": Free},
        {"per_channel": False},
        {"scheme": "pre_fuse"},
    ]
    for change in changes[:-1]:
        refuses(qat(path, made(), **kept | change))
    qat(path, made(), **kept | changes[-1]).fit()  # without batch norm there is no difference


@pytest.mark.parametrize("trainer", ["qat", "ptq"])
def test_8_bits_do_not_go_into_4(trainer: str, tmp_path: Path) -> None:
    """Fused, or given as a QNetwork: the tensors fit, their meaning does not."""
    path = tmp_path / "run.pt"

    def run(bits: int, given: bool) -> Trainer:
        options: dict[str, Any] = {"checkpoint": path}
        method = "lsq" if trainer == "qat" else "adaround"
        if given:
            from t2c.methods import find_method

            net = find_method(method).fuser(bits, bits, first_last_bits=None)(made()).fuse(data().train.images[:1])
            model: nn.Module = net
        else:
            model = made()
            options |= {"method": method, "weight_bits": bits, "activation_bits": bits}
            options["fuser_options"] = {"first_last_bits": None}
        short = {"epochs": 1} if trainer == "qat" else {"iterations": 2}
        return (QAT if trainer == "qat" else PTQ)(model, data(), **short, **options)

    for given in (False, True):
        path.unlink(missing_ok=True)
        run(8, given).fit()
        refuses(run(4, given))


def fused(kind: type[nn.Module], **options: Any) -> QNetwork:
    return NetFuser(built(kind), **options).fuse(images(kind, 1))


@pytest.mark.parametrize("kind", [Residual, Nested, Dense, Functional])
def test_the_same_network_is_described_alike(kind: type[nn.Module]) -> None:
    assert digest(describe(built(kind))) == digest(describe(built(kind).train()))
    assert digest(describe(fused(kind))) == digest(describe(fused(kind).train()))
    assert digest(describe(built(DigitsCNN))) == digest(describe(built(DigitsCNN)))


def test_every_part_of_a_quantised_network_counts() -> None:
    def shape(net: QNetwork) -> None:
        net.input_shape = (2, 9, 9)

    def wire(net: QNetwork) -> None:
        net.wires = (*net.wires[:-1], Wire(name=net.wires[-1].name, inputs=(net.input_name,)))

    def output(net: QNetwork) -> None:
        net.output_name = net.wires[0].name

    def geometry(net: QNetwork) -> None:
        net.layers["body_0_0"].groups = 1

    def dilation(net: QNetwork) -> None:
        net.layers["body_1_0"].dilation = (1, 1)

    def pooling(net: QNetwork) -> None:
        net.layers["body_2"].kernel = (2, 2)

    def ceiling(net: QNetwork) -> None:
        net.layers["body_0_0"].ceiling = 6.0

    def no_relu(net: QNetwork) -> None:
        net.layers["body_0_0"].ceiling = None

    def sign(net: QNetwork) -> None:
        net.input_quantiser.format = type(net.input_quantiser.format)(bits=8, signed=True)

    def symmetric(net: QNetwork) -> None:
        net.input_quantiser.symmetric = True

    def frozen(net: QNetwork) -> None:
        net.layers["head_1"].weight.requires_grad_(False)

    def one_quantiser(net: QNetwork) -> None:
        net.layers["head_1"].output_quantiser = net.layers["body_2"].output_quantiser
        net.layers["head_1"].output_quantiser.name = "head_1.output"

    def two_quantisers(net: QNetwork) -> None:
        net.layers["head_1"].output_quantiser = fused(Nested).layers["body_2"].output_quantiser
        net.layers["body_2"].output_quantiser.name = net.layers["head_1"].output_quantiser.name = "head_1.output"

    changes = (shape, wire, output, geometry, dilation, pooling, ceiling, no_relu, sign, symmetric, frozen)
    digests = [digest(describe(fused(Nested)))]
    for change in (*changes, one_quantiser, two_quantisers):
        net = fused(Nested)
        assert {"body_0_0", "body_1_0", "body_2", "head_1"} <= set(net.layers)
        change(net)
        digests.append(digest(describe(net)))
    assert len(set(digests)) == len(digests)


def test_what_cannot_be_traced_still_has_its_modules() -> None:
    """torch.fx cannot follow the `if`; layers and their options are seen, what `forward` does with them is not."""
    assert describe(made(Net))["graph"] == [None, None]
    assert digest(describe(made(Net))) == digest(describe(made(Net)))
    assert digest(describe(made(Net))) != digest(describe(made(Net, stride=2)))
    assert digest(describe(made(Net))) != digest(describe(made(Net, relu=nn.ReLU6)))


def test_describing_changes_nothing() -> None:
    class Random(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(4, 4)
            self.calls: list[int] = []

        def forward(self, x: Tensor) -> Tensor:
            self.calls.append(1)
            return self.fc(x) + torch.randn(4)

    torch.manual_seed(3)
    model, state = Random(), torch.get_rng_state()
    first, weights = digest(describe(model)), digest(model.state_dict())
    assert model.training
    assert model.calls == []
    assert torch.equal(torch.get_rng_state(), state)
    assert (digest(describe(model)), digest(model.state_dict())) == (first, weights)


def test_test_images_that_a_trainer_left_do_not_count() -> None:
    net = fused(Nested)
    before = digest(describe(net))
    net.test = data().test
    assert digest(describe(net)) == before
