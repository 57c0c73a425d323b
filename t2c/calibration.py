"""Calibration as an explicit context: the only time at which quantisers look at data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from t2c.quantisers.base import _QBase


def quantisers_of(net: nn.Module) -> list[_QBase]:
    """All quantisers inside a network (or the network itself, if it is one)."""
    return [module for module in net.modules() if isinstance(module, _QBase)]


def is_calibrated(net: nn.Module) -> bool:
    """True if every quantiser of a network is calibrated."""
    return all(bool(quantiser.calibrated) for quantiser in quantisers_of(net))


@contextmanager
def calibrate(net: nn.Module) -> Iterator[nn.Module]:
    """Observe inside the `with` block, freeze at its end.

        with calibrate(net):
            net(images)

    Inside the block the network computes in floats, in eval mode and without gradients. If the block raises, the
    quantisers stay uncalibrated.

    Raises:
        CalibrationError: a quantiser saw no data; the message names it.
    """
    quantisers = quantisers_of(net)
    was_training = net.training
    net.eval()
    for quantiser in quantisers:
        quantiser.start()
    try:
        with torch.no_grad():
            yield net
        for quantiser in quantisers:
            quantiser.freeze()
    except BaseException:
        for quantiser in quantisers:
            quantiser.abandon()
        raise
    finally:
        net.train(was_training)


def prove_dual_paths(net: nn.Module, x: Tensor) -> None:
    """Run x through a calibrated network and let every quantiser prove that its two paths agree on what it sees.

    Raises:
        UnsupportedError: they do not; the message names the quantiser.
    """
    weights = {id(part.weight_quantiser) for part in net.modules() if hasattr(part, "weight_quantiser")}

    def prove(quantiser: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(quantiser, _QBase)
        quantiser.prove(inputs[0], weights=id(quantiser) in weights)

    hooks = [quantiser.register_forward_pre_hook(prove) for quantiser in quantisers_of(net)]
    try:
        with torch.no_grad():
            net(x)
    finally:
        for hook in hooks:
            hook.remove()


@contextmanager
def unquantised(net: nn.Module) -> Iterator[nn.Module]:
    """Bypass every quantiser inside the `with` block: the network computes in floats, in its present mode."""
    quantisers = quantisers_of(net)
    for quantiser in quantisers:
        quantiser.bypass = True
    try:
        yield net
    finally:
        for quantiser in quantisers:
            quantiser.bypass = False
