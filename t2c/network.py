"""A network as named layers in order over named tensors; the quantised and the integer one share this shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from torch import Tensor, nn

from t2c.data.split import Split
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.errors import UnsupportedError
from t2c.integer.layers import IntegerLayer
from t2c.integer.requantise import Requantiser
from t2c.quantisation_parameters import QuantisationParameters
from t2c.quantisers.base import _QBase


@dataclass(frozen=True, kw_only=True)
class Wire:
    """What one layer reads. name: of the layer and of its output tensor; inputs: names of earlier tensors."""

    name: str
    inputs: tuple[str, ...]


class Network(nn.Module):
    """Run layers in order.

    Args:
        wires: one per layer, in topological order.
        layers: the modules, in the same order.
        input_name: name of the input tensor; the output is the last layer's tensor unless output_name says otherwise.

    Raises:
        UnsupportedError: a layer's name is used twice, or cannot be a key of torch's ModuleDict.
    """

    def __init__(self, wires: Sequence[Wire], layers: Sequence[nn.Module], input_name: str, output_name: str) -> None:
        super().__init__()
        self.wires = tuple(wires)
        self.input_name = input_name
        self.output_name = output_name
        self.layers = nn.ModuleDict()
        for wire, layer in zip(self.wires, layers, strict=True):
            if wire.name in self.layers:
                raise UnsupportedError(f"node {wire.name!r}: the name is used twice; rename the module")
            try:
                self.layers[wire.name] = layer
            except KeyError as error:
                raise UnsupportedError(f"node {wire.name!r}: torch reserves the name; rename the module") from error

    def tensors(self, x: Tensor) -> dict[str, Tensor]:
        """Return every tensor of the run by name, the input included."""
        values = {self.input_name: x}
        for wire in self.wires:
            values[wire.name] = self.layers[wire.name](*(values[name] for name in wire.inputs))
        return values

    def forward(self, x: Tensor) -> Tensor:
        return self.tensors(x)[self.output_name]


class QNetwork(Network):
    """A network of dual-path layers: real numbers in and out, fake-quantised inside; trainable.

    input_quantiser: quantises the input tensor; input_shape: shape of one sample; test: what a trainer leaves here for
    the conversion, the images that accuracies are taken over and of which the package holds the first ones; masks: what
    a pruner leaves here, by layer, False where weights are 0 (`t2c.zeros` proves it).
    """

    test: Split | None = None
    masks: Mapping[str, Tensor] = MappingProxyType({})

    def __init__(
        self,
        wires: Sequence[Wire],
        layers: Sequence[nn.Module],
        input_name: str,
        output_name: str,
        *,
        input_quantiser: _QBase,
        input_shape: tuple[int, ...],
    ) -> None:
        super().__init__(wires, layers, input_name, output_name)
        self.input_quantiser = input_quantiser
        self.input_shape = input_shape

    def tensors(self, x: Tensor) -> dict[str, Tensor]:
        return super().tensors(self.input_quantiser(x))

    def _output_quantisers(self) -> list[_QBase]:
        found = [getattr(self.layers[wire.name], "output_quantiser", None) for wire in self.wires]
        return [quantiser for quantiser in found if isinstance(quantiser, _QBase)]

    @property
    def rounding(self) -> Rounding:
        """The mode in which the outputs of layers are rounded; that of every MulQuant of the integer network.

        Raises:
            UnsupportedError: it is not the same everywhere.
        """
        modes = {quantiser.rounding for quantiser in self._output_quantisers()}
        if len(modes) > 1:
            names = ", ".join(sorted(mode.value for mode in modes))
            raise UnsupportedError(f"the outputs of layers are rounded in several modes ({names}); call round_in")
        return modes.pop() if modes else Rounding.HALF_UP

    def round_in(self, rounding: Rounding) -> None:
        """Round the outputs of all layers in a mode."""
        for quantiser in self._output_quantisers():
            quantiser.rounding = rounding


class IntegerNetwork(Network):
    """A network of integers: int64 in, int64 out, no quantiser and no real number on the path.

    input_reading: how the input integers are read; input_shape: shape of one sample.
    """

    def __init__(
        self,
        wires: Sequence[Wire],
        layers: Sequence[IntegerLayer],
        input_name: str,
        output_name: str,
        *,
        input_reading: QuantisationParameters,
        input_shape: tuple[int, ...],
    ) -> None:
        super().__init__(wires, layers, input_name, output_name)
        self.input_reading = input_reading
        self.input_shape = input_shape

    def layer(self, name: str) -> IntegerLayer:
        """The layer of that name."""
        layer = self.layers[name]
        assert isinstance(layer, IntegerLayer)
        return layer

    def requantisers(self) -> dict[str, Requantiser]:
        """MulQuant and AddQuant units by layer; only layers that requantise."""
        return {
            wire.name: unit
            for wire in self.wires
            for unit in self.layers[wire.name].children()
            if isinstance(unit, Requantiser)
        }

    def scale_errors(self) -> dict[str, float]:
        """Relative scale error of the MulQuant constants, by layer."""
        return {name: unit.scale_error for name, unit in self.requantisers().items()}

    def step_errors(self) -> dict[str, float]:
        """How far the MulQuant constants can move an output, in output steps, by layer."""
        return {name: unit.step_error for name, unit in self.requantisers().items()}
