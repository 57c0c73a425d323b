"""Give a calibrated network the float network's statistics back before it is fine-tuned."""

from __future__ import annotations

import torch
from torch import Tensor

from t2c.calibration import unquantised
from t2c.fusion import norms_of
from t2c.layers.weighted import Norm, QWeighted
from t2c.network import QNetwork
from t2c.trainers.blocks import Values, layers_of

MAX_GAIN = 4.0
"""A channel's spread is corrected by at most this factor, up or down."""


def match_statistics(net: QNetwork, images: Tensor) -> None:
    """Correct gamma and beta of every weighted layer, in order, so that each channel has its float mean and spread.

    With a channel's mean m and standard deviation d before ReLU in the float network, m_q and d_q in the quantised one
    as far as it is corrected: gamma' = r gamma, beta' = r (beta - m_q) + m with r = d / d_q, limited to 1/4..4; r = 1
    where a layer has no gamma. It is what re-estimating BatchNorm would do, had BatchNorm not been fused; where it is
    live, that is what happens. Few bits need it: in a deep network each layer's rounding shifts and shrinks the next
    one's input, until nothing is left to train.

    Args:
        net: calibrated; changed in place; on the device of the images.
        images: real (N, *shape), a few hundred; one batch.

    Source: Nagel et al., Data-Free Quantization Through Weight Equalization and Bias Correction, ICCV 2019, section 4.2
    (the mean); the spread is matched alike.
    """
    with torch.no_grad():
        real: Values = {net.input_name: images}
        rounded: Values = {net.input_name: net.input_quantiser(images)}
        for block in layers_of(net):
            (wire,) = block.wires
            layer = net.layers[wire.name]
            with unquantised(net):  # before anything is corrected: the float network is the target
                after = _kept(block.run(net, real), block.alive)
                wanted = None
                if isinstance(layer, QWeighted) and not layer.partial:
                    wanted = layer.normalised(*(real[name] for name in wire.inputs))
            if isinstance(layer, QWeighted) and layer.norm is not None:
                _estimate(layer, layer.norm, *(rounded[name] for name in wire.inputs))
            elif isinstance(layer, QWeighted) and wanted is not None:
                _correct(layer, layer.normalised(*(rounded[name] for name in wire.inputs)), wanted)
            real = after
            rounded = _kept(block.run(net, rounded), block.alive)


def _kept(values: Values, alive: tuple[str, ...]) -> Values:
    return {name: values[name] for name in alive}


def _estimate(layer: QWeighted, norm: Norm, x: Tensor) -> None:
    """The running statistics of a live normalisation from one batch of inputs."""
    sums = layer.apply_weight(x, layer.weight_quantiser(layer.weight))
    axes = [axis for axis in range(sums.ndim) if axis != 1]
    assert norm.running_mean is not None
    assert norm.running_var is not None
    norm.running_mean.copy_(sums.mean(axes))
    norm.running_var.copy_(sums.var(axes))


def estimate_norms(net: QNetwork, images: Tensor, batch: int) -> None:
    """Set the running statistics of every live normalisation to the mean of those of some batches.

    Args:
        net: calibrated; in place; left in eval mode.
        images: real (N, *shape), on the CPU; batches of fewer than `batch` images are left out, if there are others.
        batch: images that are normalised together, as in training.
    """
    norms = [layer.norm for layer in norms_of(net).values() if layer.norm is not None]
    momenta = [norm.momentum for norm in norms]
    net.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean of all batches
        norm.train()
    device = next(net.parameters()).device
    with torch.no_grad():
        for part in images[: max(1, len(images) // batch) * batch].split(batch):
            net(part.to(device))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    net.eval()


def _correct(layer: QWeighted, got: Tensor, wanted: Tensor) -> None:
    axes = [axis for axis in range(got.ndim) if axis != 1]
    mean, mean_wanted = got.mean(axes), wanted.mean(axes)
    gain = torch.ones_like(mean)
    if layer.gamma is not None:
        spread, spread_wanted = got.std(axes, correction=0), wanted.std(axes, correction=0)
        usable = (spread > 0) & (spread_wanted > 0)
        gain = torch.where(usable, spread_wanted / spread.clamp(min=1e-12), gain).clamp(1 / MAX_GAIN, MAX_GAIN)
        layer.gamma.mul_(gain)
    layer.beta.copy_(gain * (layer.beta - mean) + mean_wanted)
