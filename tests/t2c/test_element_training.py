"""An element of the array takes part in training: its sums on both paths, the gradient of products."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from t2c.__main__ import main
from t2c.calibration import calibrate
from t2c.common.errors import UserError
from t2c.fusion import NetFuser
from t2c.golden.arithmetic.window import Window
from t2c.golden.elements.columns import find_element
from t2c.golden.elements.element import ELEMENTS, Element
from t2c.golden.elements.products import element_conv2d, element_linear, grouped_channels, ungrouped_channels
from t2c.golden.errors import RangeError
from t2c.integer.element_sums import conv2d_sums, linear_sums
from t2c.layers.weighted import QWeighted
from t2c.methods import find_method
from t2c.network import QNetwork
from t2c.nn2chip import T2C

INEXACT = ("truncated", "adc_column")


class Two(nn.Module):
    """A grouped convolution, one that shrinks the map to a pixel, and a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.first = nn.Conv2d(4, 6, 3, padding=1, groups=2)
        self.last = nn.Conv2d(6, 9, 5)
        self.fc = nn.Linear(9, 3)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc(F.relu(self.last(F.relu(self.first(x)))).flatten(1))
        return y


def images(count: int = 12) -> Tensor:
    return torch.rand(count, 4, 5, 5, generator=torch.Generator().manual_seed(2))


def network(element: str | Element | None, method: str = "minmax") -> QNetwork:
    fuser = find_method(method).fuser(6, 6, scheme="channel_wise", first_last_bits=None, element=element)
    net = fuser(Two()).fuse(images())
    with calibrate(net):
        net(images())
    return net


def layer(net: QNetwork, name: str) -> QWeighted:
    found = net.layers[name]
    assert isinstance(found, QWeighted)
    return found


@pytest.mark.parametrize("name", ELEMENTS.names())
@pytest.mark.parametrize("seed", range(6))
def test_the_sums_are_goldens(name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    element = find_element(name)
    w_w = element.widths[1]
    groups, each = int(rng.integers(1, 3)), int(rng.integers(1, 6))
    kernel, stride, dilation, padding = (tuple(int(v) for v in rng.integers(1, 3, 2)) for _ in range(4))
    x = rng.integers(-128, 256, (2, groups * each, 6, 7))
    real = rng.uniform(-1, 1, (groups * 3, each, *kernel)) * element.largest(w_w)
    w = ungrouped_channels(element.nearest(grouped_channels(real, element.span), w_w), each)
    window = Window(kernel=kernel, stride=stride, padding=padding, dilation=dilation)
    found = conv2d_sums(
        torch.from_numpy(x),
        torch.from_numpy(w),
        element,
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
    )
    wanted = element_conv2d(x, w, element=element, window=window, groups=groups)
    np.testing.assert_array_equal(found.numpy(), wanted)
    flat, weights = x[:, :each, 0, 0], w[:, :, 0, 0]
    found = linear_sums(torch.from_numpy(flat), torch.from_numpy(weights), element)
    np.testing.assert_array_equal(found.numpy(), element_linear(flat, weights, element=element))


@pytest.mark.parametrize("method", ["minmax", "lsq"])
@pytest.mark.parametrize("name", INEXACT)
def test_the_value_is_the_elements_and_the_gradient_the_products(name: str, method: str) -> None:
    plain, net = network(None, method), network(name, method)
    net.load_state_dict(plain.state_dict())
    x = net.input_quantiser(images()).detach()
    both = [layer(each, "first") for each in (plain, net)]
    found = [one.products(each.input_quantiser(images())) for one, each in zip(both, (plain, net), strict=True)]
    step = net.input_quantiser.step() * both[1].weight_quantiser.step().reshape(1, -1, 1, 1)
    centred = (x / net.input_quantiser.step()).round().long().numpy()
    weight = both[1].weight_quantiser.integers(both[1].weight).numpy()
    window = Window(kernel=(3, 3), padding=(1, 1))
    sums = element_conv2d(centred, weight, element=find_element(name), window=window, groups=2)
    torch.testing.assert_close(found[1], (torch.from_numpy(sums) * step).float())
    assert not torch.equal(found[0], found[1])
    for one, y in zip(both, found, strict=True):
        (y * torch.arange(y.numel()).reshape(y.shape)).sum().backward()
        assert one.weight.grad is not None
    gradients = [[p.grad for p in each.parameters() if p.grad is not None] for each in (plain, net)]
    assert len(gradients[0]) == len(gradients[1]) == {"minmax": 1, "lsq": 3}[method]  # weights, and both steps
    assert all(map(torch.equal, *gradients))


@pytest.mark.parametrize("name", [*INEXACT, "two_of_four"])
def test_a_package_says_it_and_gives_goldens_integers(name: str) -> None:
    """T2C compares all tensors of torch and golden; weights that the element does not hold are refused."""
    net = network(name)
    chip = T2C(net, name="two")
    if name == "two_of_four":
        with pytest.raises(RangeError, match=r"^layer '\w+': weight: .* element 'two_of_four' does not hold that"):
            chip.nn2chip(images(), save_model=False)
        return
    chip.nn2chip(images(), save_model=False)
    assert chip.agreement.integers == 12 * (4 * 25 + 6 * 25 + 9 + 9 + 3)


def test_training_makes_up_for_the_error() -> None:
    """The answers of the exact network, learnt by the one on truncated products: biases take back what is cut off."""
    torch.manual_seed(0)
    wanted = network(None)(images()).detach()
    net = network("truncated")
    optimiser = torch.optim.Adam(net.parameters(), lr=3e-3)
    losses = []
    for _ in range(60):
        optimiser.zero_grad()
        loss = F.mse_loss(net(images()), wanted)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 4


OWN = """
import numpy as np
from t2c.golden.elements import Element


class Mitchell(Element):
    '''The product of two numbers by their logarithms, straight between powers of two (Mitchell, 1962), rounded down.'''

    name, module, exact = "mitchell", "mitchell_pe", False

    def legal(self, weights, w_w):
        half = 1 << (w_w - 1)
        return ((weights > -half) & (weights < half)).all(axis=-1)

    def code_bits(self, w_w):
        return w_w

    def encode(self, weights, w_w):
        return weights[..., 0] % (1 << w_w)

    def decode(self, codes, w_w):
        return ((codes ^ (1 << (w_w - 1))) - (1 << (w_w - 1)))[..., np.newaxis]

    def sums(self, operands, weights):
        a, w = operands[..., 0], weights[..., 0]
        m, n = np.maximum(np.abs(a), 1), np.maximum(np.abs(w), 1)
        p, q = (np.floor(np.log2(v)).astype(np.int64) for v in (m, n))
        x, y = m - (1 << p), n - (1 << q)
        part = (x << q) + (y << p)
        one = np.int64(1) << (p + q)
        found = np.where(part < one, one + part, 2 * part)
        return np.sign(a) * np.sign(w) * found
"""


def test_an_element_of_ones_own_takes_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ELEMENTS, "_entries", dict(ELEMENTS._entries))  # other tests of this process list the elements
    (tmp_path / "own.py").write_text(OWN)
    (tmp_path / "mitchell_pe.v").write_text("module mitchell_pe; endmodule\n")
    (tmp_path / "own.yaml").write_text("class: own.py:Mitchell\nverilog: mitchell_pe.v\n")
    net = network(str(tmp_path / "own.yaml"))
    exact = network(None)
    apart = (net(images()) - exact(images())).abs().max().item()
    assert apart > 0
    chip = T2C(net, name="two")
    chip.nn2chip(images(), save_model=False)
    assert chip.agreement.integers


def test_there_is_no_such_element(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UserError, match="element 'nothing' is not one of adc_column, mac, "):
        NetFuser(Two(), element="nothing")
    words = [
        "quantize",
        str(tmp_path / "no.pt"),
        "--data",
        "digits",
        "--element",
        "nothing",
        "--out",
        str(tmp_path / "out"),
    ]
    with pytest.raises(UserError, match="element 'nothing' is not one of adc_column, mac, "):
        main(words)
