"""What every dual-path layer offers."""

from __future__ import annotations

from abc import abstractmethod

from torch import Tensor, nn

from t2c.integer.layers import IntegerLayer
from t2c.quantisation_parameters import QuantisationParameters
from t2c.quantisers.base import _QBase
from t2c.recipe import Recipe


class QLayer(nn.Module):
    """forward: the training path, real numbers on the quantisation grid; to_integer: the inference path."""

    @abstractmethod
    def to_integer(self, inputs: tuple[QuantisationParameters, ...], recipe: Recipe) -> IntegerLayer:
        """Return the integer layer for inputs that are read like this.

        Raises:
            CalibrationError: a quantiser of this layer is not calibrated.
            RangeError: a real constant has no integer form in the widths.
        """


class RequantisingLayer(QLayer):
    """A layer that computes new values: relu, then the output's quantiser.

    Args:
        output_quantiser: one scale for the tensor.
        ceiling: upper clip of the fused ReLU, None without ReLU.

    partial: set where the output is a part of a tensor that a later layer quantises, with the same quantiser; then the
    training path leaves the values as they are, so that the quantiser sees each value once.
    """

    def __init__(self, output_quantiser: _QBase, ceiling: float | None) -> None:
        super().__init__()
        self.output_quantiser = output_quantiser
        self.ceiling = ceiling
        self.partial = False

    def finish(self, y: Tensor) -> Tensor:
        """Q_y(relu(y))."""
        y = rectify(y, self.ceiling)
        return y if self.partial else self.output_quantiser(y)


def rectify(y: Tensor, ceiling: float | None) -> Tensor:
    """ReLU with an upper clip; None means no ReLU."""
    return y if ceiling is None else y.clamp(0.0, ceiling)
