"""T2C: from a model to the integer network and its package, checked on every tensor before anything is written."""

from __future__ import annotations

import copy
import os
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from t2c.accuracy import accuracy, logits_of
from t2c.calibration import calibrate, prove_dual_paths, quantisers_of
from t2c.errors import CalibrationError
from t2c.exports.package import check_against_golden, graph_of
from t2c.fusion import NetFuser, fuse_norms
from t2c.fusion.guards import check_modules
from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.errors import RangeError, ShapeError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.package import SCALE_ERROR, STEP_ERROR, Package, save_package
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.target.limits import ChipLimits
from t2c.integer.layers import IntegerLayer
from t2c.integer.rebuilt import rebuilt
from t2c.layers.base import QLayer
from t2c.mulquant_constants import Chooser, normalized
from t2c.network import IntegerNetwork, QNetwork
from t2c.path_agreement import output_difference, prove_layers
from t2c.recipe import Recipe
from t2c.target.quantising import told
from t2c.target.refit import refit, reread
from t2c.zeros import prove_zeros, prove_zeros_in_graph

PACKAGES = Path("packages")
"""Where packages go that are given no directory, under the working directory."""

STORED = 32
"""Test images that a package holds when a trained network brings its own and nobody says how many."""

PROVEN = 2
"""Samples on which every quantiser's two paths are compared."""

STEP_ERROR_LIMIT = 0.25
"""Output steps by which constants may move an output before the conversion warns: half of what rounding moves it by."""


class T2C:
    """Convert a model to integers.

    Args:
        model: a float model, or a calibrated QNetwork (fused, perhaps fine-tuned); on any device, copied to the CPU.
        fuser: for a float model: NetFuser or a factory that takes the model, such as
            `functools.partial(NetFuser, weight_bits=4)`.
        calibration: for a float model: real (N, *shape), what the quantisers may look at.
        name: of the graph in the package.
        choose: how MulQuant constants are chosen: `normalized`, `power_of_two` or `fixed_format(4, 12)`.
        rounding: mode of every requantisation, and of the fake-quantised path; None takes the network's own.
        widths: hardware widths.
        target: what another chip can do, or the file that says so (docs/your_arithmetic.md): its quantisers are told,
            and the package is made anew within its limits.

    After `nn2chip` or `convert`: `qnet` is the fake-quantised network, `net` the integer one. After `nn2chip`:
    `agreement` says how many integers torch and golden agreed on, `metrics` holds the package's figures.

    Raises:
        UnsupportedError: the model cannot be converted; the message names the fx node.
        CalibrationError: a float model without calibration data.
        ValueError: a QNetwork with a fuser of its own.
    """

    def __init__(
        self,
        model: nn.Module,
        fuser: Callable[[nn.Module], NetFuser] = NetFuser,
        *,
        calibration: Tensor | None = None,
        name: str = "model",
        choose: Chooser = normalized,
        rounding: Rounding | str | None = None,
        widths: Widths | None = None,
        target: ChipLimits | str | os.PathLike[str] | None = None,
    ) -> None:
        if target is not None and not isinstance(target, ChipLimits):
            from t2c.golden.target.description import load_chip  # YAML loads only for who uses it

            target = load_chip(Path(target))
        self.target = target
        self.name = name
        self.net: IntegerNetwork | None = None
        self._rereading: tuple[TensorSpec, TensorSpec] | None = None
        self._scale_errors: dict[str, float] = {}
        self._step_errors: dict[str, float] = {}
        self.calibration = calibration
        if isinstance(model, QNetwork):
            check_modules(model)
            if fuser is not NetFuser:
                raise ValueError("fuser: the network is fused already; options belong to the fuser that made it")
            self.qnet = copy.deepcopy(model).cpu().eval()
            for quantiser in quantisers_of(self.qnet):
                quantiser.inference(False)
        else:
            if calibration is None:
                raise CalibrationError("a float model needs calibration data: T2C(model, calibration=images)")
            if not isinstance(calibration, Tensor) or not calibration.numel():
                raise ShapeError("calibration: not a torch tensor (N >= 1, ...)")
            self.qnet = (told(fuser, target) if target else fuser)(model).fuse(calibration)
            with calibrate(self.qnet):
                self.qnet(calibration.cpu())
        fuse_norms(self.qnet)
        if rounding is not None:
            self.qnet.round_in(Rounding.parse(rounding))
        self.recipe = Recipe(choose=choose, rounding=self.qnet.rounding, widths=widths or Widths())

    def convert(self) -> IntegerNetwork:
        """Return the integer network: vanilla torch layers on integers. Warns where constants are coarse.

        Raises:
            CalibrationError: a quantiser is not calibrated.
            RangeError: a real constant has no integer form; the message names the layer.
        """
        qnet = self.qnet
        readings = {qnet.input_name: qnet.input_quantiser.reading}
        layers: list[IntegerLayer] = []
        for wire in qnet.wires:
            layer = qnet.layers[wire.name]
            assert isinstance(layer, QLayer)
            try:
                made = layer.to_integer(tuple(readings[name] for name in wire.inputs), self.recipe)
            except RangeError as error:
                raise RangeError(f"layer {wire.name!r}: {error}") from error
            readings[wire.name] = made.reading
            layers.append(made)
        self.net = IntegerNetwork(
            qnet.wires,
            layers,
            qnet.input_name,
            qnet.output_name,
            input_reading=readings[qnet.input_name],
            input_shape=qnet.input_shape,
        )
        self._scale_errors, self._step_errors = self.net.scale_errors(), self.net.step_errors()
        self._rereading = None
        self._warn(self.net)
        return self.net

    @staticmethod
    def _warn(net: IntegerNetwork) -> None:
        for name, unit in net.requantisers().items():
            if unit.step_error > STEP_ERROR_LIMIT:
                warnings.warn(
                    f"layer {name!r}: MulQuant constants can move an output by {unit.step_error:.2f} steps; "
                    f"their scale is off by {unit.scale_error:.2%}, their bias by {unit.bias_error:.2f} steps",
                    stacklevel=3,
                )

    def input_integers(self, images: Tensor) -> Tensor:
        """Quantise real images (N, *shape) to the integers that the network takes."""
        with torch.no_grad():
            integers = self.qnet.input_quantiser.integers(images.cpu())
        if self._rereading is None:
            return integers
        return torch.from_numpy(reread(integers.numpy(), *self._rereading))

    def _for_target(self, net: IntegerNetwork, graph: Graph, chip: ChipLimits) -> tuple[IntegerNetwork, Graph]:
        """Both made anew within the limits of a chip; `errors` takes what that costs besides."""
        made = refit(graph, chip)
        self._rereading = (graph.edges[graph.input], made.graph.edges[graph.input])
        for errors, part in ((self._scale_errors, "scale_error"), (self._step_errors, "step_error")):
            for name, cost in made.costs.items():
                if name in errors:
                    errors[name] += getattr(cost, part) or 0.0
        return rebuilt(net, made.graph), made.graph

    def nn2chip(
        self,
        samples: Tensor | None = None,
        labels: Tensor | None = None,
        *,
        save_model: bool = True,
        directory: str | os.PathLike[str] | None = None,
        description: str = "",
        metrics: Mapping[str, float] | None = None,
        test: tuple[Tensor, Tensor] | None = None,
    ) -> IntegerNetwork:
        """Convert, check against golden on every tensor of every sample, and write the package.

        Args:
            samples: real (N, *shape); they go into the package, quantised, with their labels. If None: the first
                32 test images that the trainer left in the network, and all of them as `test`; else the calibration
                data.
            labels: int (N,); zeros if None.
            save_model: write the package.
            directory: where; if None `packages/<name>`, and a line on stdout says so.
            description, metrics: for the package. With labels, `accuracy_fake_quantised` and `accuracy_integer`
                (fractions) are added to metrics; always `fake_integer_largest` and `fake_integer_mean`, by how many
                output steps the two networks differ; `max_scale_error` and `max_step_error`, and `scale_error.<layer>`
                and `step_error.<layer>` of each layer.
            test: real images (M, *shape) and int labels (M,) to take the accuracies over, where the package shall
                hold fewer samples than that; they are not compared with golden. The samples and labels if None.

        Returns:
            The integer network.

        Raises:
            CalibrationError: there are neither samples nor calibration data.
            ExportError: torch and golden differ, or a layer's integers are not those of its training path; nothing is
                written.
            UnsupportedError: a quantiser's training path gives other values than its inference path; it is named. Or a
                weight that was pruned is not the integer 0.
            PackageError: golden refuses the graph, such as an accumulator that could overflow.
            ShapeError: samples and labels do not fit.
            UnsupportedError: the target cannot have a layer; the message names it and the limit.
        """
        if samples is None and self.qnet.test is not None:
            stored, whole = self.qnet.test.head(STORED), self.qnet.test
            samples, labels, test = stored.images, stored.labels, test or (whole.images, whole.labels)
        if samples is None:
            samples = self.calibration
        if samples is None:
            raise CalibrationError("nn2chip needs samples: a calibrated network brings none of its own")
        self._check("samples", samples, labels)
        if test is not None:
            self._check("test images", *test)
        samples, labels = samples.cpu(), None if labels is None else labels.cpu()
        prove_dual_paths(self.qnet, samples[:PROVEN])
        prove_zeros(self.qnet)
        net = self.convert()
        integers = self.input_integers(samples)
        graph = graph_of(net, integers, name=self.name, widths=self.recipe.widths)
        prove_layers(self.qnet, net, integers[:PROVEN])
        if self.target is not None:
            net, graph = self._for_target(net, graph, self.target)
            self.net, integers = net, self.input_integers(samples)
        prove_zeros_in_graph(self.qnet.masks, graph)
        self.agreement = check_against_golden(net, graph, integers)
        figures = dict(metrics or {})
        if test is not None:
            figures |= self._compared(*test, logits_of(net, self.input_integers(test[0])))
        else:
            figures |= self._compared(samples, labels, self.agreement.output)
        for prefix, errors in ((SCALE_ERROR, self._scale_errors), (STEP_ERROR, self._step_errors)):
            figures[f"max_{prefix.removesuffix('.')}"] = max(errors.values(), default=0.0)
            figures |= {f"{prefix}{layer}": error for layer, error in errors.items()}
        self.metrics = figures
        if save_model:
            numbers = np.zeros(samples.shape[0], dtype=np.int64) if labels is None else labels.numpy()
            package = Package(
                graph=graph, samples=integers.numpy(), labels=numbers, description=description, metrics=figures
            )
            save_package(package, PACKAGES / self.name if directory is None else directory)
            if directory is None:
                print(self._summary(PACKAGES / self.name))
        return net

    def _summary(self, where: Path) -> str:
        """One line for who called without saying where: the place, the accuracies, and how much was compared."""
        names = {"accuracy_integer": "integer", "accuracy_fake_quantised": "fake-quantised"}
        accuracies = [f"{self.metrics[key]:.2%} {name}" for key, name in names.items() if key in self.metrics]
        return "; ".join(
            filter(None, (f"{where}: {self.agreement.integers:,} integers equal to golden's", ", ".join(accuracies)))
        )

    def _check(self, name: str, images: Tensor, labels: Tensor | None) -> None:
        if tuple(images.shape[1:]) != self.qnet.input_shape or not images.shape[0]:
            raise ShapeError(f"{name}: shape {tuple(images.shape)} is not (N >= 1, {self.qnet.input_shape})")
        if labels is not None and tuple(labels.shape) != (images.shape[0],):
            raise ShapeError(f"labels: shape {tuple(labels.shape)} does not fit {images.shape[0]} {name}")

    def _compared(self, images: Tensor, labels: Tensor | None, integer: Tensor) -> dict[str, float]:
        """Figures of the fake-quantised network beside the integer one, whose output is given."""
        fake = logits_of(self.qnet.eval(), images.cpu())
        assert self.net is not None
        figures = output_difference(fake, integer, self.net.layer(self.net.output_name).reading)
        if labels is not None:
            rows = {"accuracy_fake_quantised": fake, "accuracy_integer": integer}
            figures |= {name: accuracy(logits, labels.cpu()) for name, logits in rows.items()}
        return figures
