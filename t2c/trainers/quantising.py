"""What post-training quantisation and quantisation-aware training share: a fused, calibrated network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import nn

from t2c.accuracy import BATCH
from t2c.calibration import calibrate, is_calibrated, quantisers_of
from t2c.data.split import Splits
from t2c.fusion import NetFuser, fuse_norms
from t2c.network import QNetwork
from t2c.pruners import Pruner
from t2c.trainers.base import Trainer
from t2c.trainers.sparsifier import sparsifier_of
from t2c.zeros import check_zero_level, prove_zeros, warn_of_zeros

if TYPE_CHECKING:
    from t2c.methods import Method

IMAGES = 1024
"""Training images that calibration looks at, unless told otherwise."""


class QuantisingTrainer(Trainer):
    """A trainer of quantised networks.

    Args:
        model: float model, which is copied, or a QNetwork, which is used as it is and trained in place: it is
            calibrated only if a quantiser of it is not.
        data, seed, device, checkpoint, title: as `Trainer`. The result holds the test split as `test`.
        method: how to quantise: a name in `t2c.methods.METHODS`, or one of your own.
        weight_bits, activation_bits: 2..8.
        fuser: a factory that takes the model, such as `functools.partial(NetFuser, weight_quantiser=Mine)`; it replaces
            method, weight_bits and activation_bits.
        fuser_options: further options of NetFuser, such as {"first_last_bits": 8}.
        images: training images that calibration looks at, from the first on; None for all.
        calibration_batch: images that it looks at in one go; None for all.
        pruner, sparsity, dense: as `sparsifier_of`; "keep" holds the zeros that are there. The result holds
            the masks as `masks`, which the conversion proves.

    Raises:
        LookupError: no method has that name.
        UnsupportedError: the model cannot be fused; the message names the fx node. Or a pruner, and weights whose
            quantiser does not give 0 for 0.
    """

    def __init__(
        self,
        model: nn.Module,
        data: Splits,
        *,
        method: str | Method = "minmax",
        weight_bits: int = 8,
        activation_bits: int = 8,
        fuser: Callable[[nn.Module], NetFuser] | None = None,
        fuser_options: Mapping[str, Any] | None = None,
        images: int | None = IMAGES,
        calibration_batch: int | None = BATCH,
        pruner: str | Pruner | None = None,
        sparsity: float | None = None,
        dense: Sequence[str] | None = None,
        seed: int = 0,
        device: str = "cpu",
        checkpoint: Path | str | None = None,
        title: str | None = None,
    ) -> None:
        super().__init__(model, data, seed=seed, device=device, checkpoint=checkpoint, title=title)
        if images is not None and images < 1:
            raise ValueError(f"images: {images} is less than 1")
        if calibration_batch is not None and calibration_batch < 1:
            raise ValueError(f"calibration_batch: {calibration_batch} is less than 1")
        self.seen = data.train if images is None else data.train.head(images)
        self.calibration_batch = calibration_batch or len(self.seen)
        if isinstance(model, QNetwork):
            self.qnet = model
        else:
            if fuser is None:
                from t2c.methods import find_method

                chosen = find_method(method) if isinstance(method, str) else method
                fuser = chosen.fuser(weight_bits, activation_bits, **(fuser_options or {}))
            elif fuser_options:
                raise ValueError("fuser_options: give them to the fuser itself")
            self.qnet = fuser(model).fuse(data.train.images)
            self.identify(self.qnet, model)
        self.sparsifier = sparsifier_of(self.qnet, pruner, sparsity, dense, data.train.images)
        if self.sparsifier is None:
            warn_of_zeros(self.qnet)
        else:
            check_zero_level(self.qnet, [layer.name for layer in self.sparsifier.layers])

    def calibrated(self) -> QNetwork:
        """The network on the device, every quantiser calibrated, in eval mode."""
        qnet = self.qnet.to(self.device)
        if not is_calibrated(qnet):
            with calibrate(qnet):
                for part in self.seen.images.split(self.calibration_batch):
                    qnet(part.to(self.device))
        return qnet.eval()

    def finished(self, qnet: QNetwork) -> QNetwork:
        """The network as `fit` returns it: on the CPU, in eval mode, BatchNorm fused, with the test images."""
        qnet = qnet.cpu().eval()
        fuse_norms(qnet)
        if self.sparsifier is not None:
            qnet.masks = self.sparsifier.masks()
            prove_zeros(qnet)
        for parameter in qnet.parameters():
            parameter.grad = None
        qnet.test = self.data.test
        return qnet

    def quantising_options(self) -> dict[str, Any]:
        """The settings of this class that change the result and do not show in the network's layers."""
        pruning = {} if self.sparsifier is None else self.sparsifier.options()
        return {"images": len(self.seen), "calibration_batch": self.calibration_batch} | pruning


def rounding_quantisers(net: nn.Module) -> list[nn.Module]:
    """The quantisers that learn which way to round: those with a `rounding_loss`."""
    return [quantiser for quantiser in quantisers_of(net) if learns_rounding(quantiser)]


def learns_rounding(quantiser: nn.Module) -> bool:
    """Whether a quantiser learns which way to round."""
    return callable(getattr(quantiser, "rounding_loss", None))


def dropping_quantisers(net: nn.Module) -> list[nn.Module]:
    """The quantisers that can leave out quantisation at random: those with an attribute `dropping`."""
    return [quantiser for quantiser in quantisers_of(net) if isinstance(getattr(quantiser, "dropping", None), bool)]
