"""The integer network beside the fake-quantised one: layer by layer as a proof, at the output as a figure."""

from __future__ import annotations

import torch
from torch import Tensor

from t2c.errors import ExportError
from t2c.integer.layers import IntegerLayer
from t2c.layers.base import QLayer, RequantisingLayer
from t2c.network import IntegerNetwork, QNetwork
from t2c.quantisation_parameters import QuantisationParameters

NOISE = 1 / 16
"""Steps by which float32 may move a sum of the training path."""


def real(integers: Tensor, reading: QuantisationParameters) -> Tensor:
    """The real numbers that integers stand for, float32."""
    return ((integers - reading.zero_point) * reading.scale).to(torch.float32)


def prove_layers(qnet: QNetwork, net: IntegerNetwork, integers: Tensor) -> None:
    """Refuse a layer whose integers are not those of its training path, on the same inputs.

    Both round once and in one mode, so they may differ by one step where the constants or float32 move a value across a
    rounding boundary, and by as many more as the constants are off (`Requantiser.step_error`).

    Args:
        qnet: calibrated; net: made from it.
        integers: int64 (N, *shape). Each layer runs on what its inputs are for these, and on random integers.

    Raises:
        ExportError: a layer differs by more; the message names it, and by how much.
    """
    tensors = net.tensors(integers)
    generator = torch.Generator().manual_seed(0)
    readings, errors = {net.input_name: net.input_reading}, net.step_errors()
    for wire in net.wires:
        theirs = net.layer(wire.name)
        inputs = [readings[name] for name in wire.inputs]
        readings[wire.name] = theirs.reading
        given = [
            torch.cat([tensors[name], _random_like(tensors[name], reading, generator)])
            for name, reading in zip(wire.inputs, inputs, strict=True)
        ]
        ours = qnet.layers[wire.name]
        assert isinstance(ours, QLayer)
        _prove(wire.name, ours, theirs, given, inputs, errors.get(wire.name, 0.0) + theirs.path_error)


def _random_like(x: Tensor, reading: QuantisationParameters, generator: torch.Generator) -> Tensor:
    return torch.randint(reading.format.lo, reading.format.hi + 1, x.shape, generator=generator)


def _prove(
    name: str,
    ours: QLayer,
    theirs: IntegerLayer,
    given: list[Tensor],
    readings: list[QuantisationParameters],
    step_error: float,
) -> None:
    with torch.no_grad():
        fake = ours(*(real(x, reading) for x, reading in zip(given, readings, strict=True)))
        if isinstance(ours, RequantisingLayer) and ours.partial:
            fake = ours.output_quantiser(fake)
        off = (theirs(*given) - theirs.reading.zero_point - fake / theirs.reading.scale).abs()
    allowed = 1 + NOISE + step_error
    if not bool((off <= allowed).all()):
        most = f"{float(off.max()):.3g} steps from its training path, of {allowed:.3g} at most"
        raise ExportError(f"layer {name!r}: its integers are {most}")


def output_difference(fake: Tensor, integer: Tensor, reading: QuantisationParameters) -> dict[str, float]:
    """Return the largest and the mean difference of the two networks' outputs, in output steps, as metrics.

    fake: real (N, ...), of the fake-quantised network; integer: int64 of the same shape; reading: how it is read.
    """
    gap = (fake.double() / reading.scale + reading.zero_point - integer).abs().round()
    return {"fake_integer_largest": float(gap.max()), "fake_integer_mean": float(gap.mean())}
