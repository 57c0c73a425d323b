"""What every dual-path layer offers."""

from __future__ import annotations

from abc import abstractmethod

from torch import Tensor, nn

from t2c.integer.layers import IntegerLayer
from t2c.reading import Reading
from t2c.recipe import Recipe


class QLayer(nn.Module):
    """forward: the training path, real numbers on the quantisation grid; to_integer: the inference path."""

    @abstractmethod
    def to_integer(self, inputs: tuple[Reading, ...], recipe: Recipe) -> IntegerLayer:
        """Return the integer layer for inputs that are read like this.

        Raises:
            CalibrationError: a quantiser of this layer is not calibrated.
            RangeError: a real constant has no integer form in the widths.
        """


def rectify(y: Tensor, ceiling: float | None) -> Tensor:
    """ReLU with an upper clip; None means no ReLU."""
    return y if ceiling is None else y.clamp(0.0, ceiling)
