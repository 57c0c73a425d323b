"""Quantisation-aware training: the supervised loop on a calibrated dual-path network."""

from __future__ import annotations

from typing import Any

from torch import nn

from t2c.calibration import is_calibrated, quantisers_of
from t2c.data.split import check_labels
from t2c.golden.errors import UnsupportedError
from t2c.layers.weighted import QWeighted
from t2c.network import QNetwork
from t2c.quantisers import PACT
from t2c.trainers.coach import Coach
from t2c.trainers.loop import Loop, Schedule
from t2c.trainers.quantising import QuantisingTrainer, learns_rounding
from t2c.trainers.statistics import match_statistics

FEW_BITS = 4
"""Below so many bits, rounding moves the statistics of a deep network so far that training does not bring them back."""

MATCHED = 256
"""Images that statistics are matched on."""


def relative_sizes(quantiser: nn.Module) -> dict[nn.Parameter, float]:
    """What the learning rate of a learned parameter is relative to: its mean magnitude, or what the quantiser says."""
    own = getattr(quantiser, "relative_sizes", None)
    if callable(own):
        sizes: dict[nn.Parameter, float] = own()
        return sizes
    return {p: float(p.detach().abs().mean()) if p.numel() else 0.0 for p in quantiser.parameters()}


def parameter_groups(net: nn.Module, rate: float, pact_decay: float) -> list[dict[str, Any]]:
    """Adam's groups: weights and normalisation first, then one for each learned parameter of a quantiser.

    A step, a clipping level and the like must move by a fraction of themselves: Adam's move is about its learning rate,
    whatever the gradient, and 0.001 is nothing to a clipping level of 10 and everything to a step of 0.002. So such a
    parameter learns at `rate` times its mean magnitude when training starts. It has no weight decay, but for the clips
    of PACT: inside its clip PACT has no gradient, so that nothing else makes a clip smaller.

    Args:
        net: calibrated.
        rate: relative learning rate of what quantisers learn.
        pact_decay: weight decay (L2) of PACT's alpha.
    """
    groups: list[dict[str, Any]] = []
    learned: set[nn.Parameter] = set()
    for quantiser in quantisers_of(net):
        sizes = relative_sizes(quantiser)
        for parameter in quantiser.parameters():
            if parameter in learned:
                continue
            learned.add(parameter)
            size = sizes[parameter]
            decay = pact_decay if isinstance(quantiser, PACT) else 0.0
            groups.append({"params": [parameter], "lr": rate * (size or 1.0), "weight_decay": decay})
    return [{"params": [p for p in net.parameters() if p not in learned]}, *groups]


def _has_few_bits(net: QNetwork) -> bool:
    """Whether any tensor, or any weight that trains, is stored with fewer than FEW_BITS bits."""
    weighted = [layer for layer in net.layers.values() if isinstance(layer, QWeighted) and layer.weight.requires_grad]
    outputs = [quantiser for quantiser in quantisers_of(net) if not quantiser.name.endswith(".weight")]
    return any(q.format.bits < FEW_BITS for q in [*outputs, *(layer.weight_quantiser for layer in weighted)])


def _check_rounding(net: QNetwork) -> None:
    """Refuse to train weights whose rounding is learned: no gradient reaches them, and weight decay alone moves them
    away from what their rounding was learned for."""
    for name, layer in net.layers.items():
        if isinstance(layer, QWeighted) and layer.weight.requires_grad and learns_rounding(layer.weight_quantiser):
            raise UnsupportedError(
                f"layer {name!r}: {type(layer.weight_quantiser).__name__} rounds fixed weights, qat would train them; "
                "use ptq, or freeze them with weight.requires_grad_(False) and train the rest"
            )


class QAT(QuantisingTrainer):
    """Fuse, calibrate, fine-tune: the gradient passes straight through the rounding.

    Args:
        epochs, rate, batch, decay, shift: as `Schedule`; decay does not touch what quantisers learn.
        step_rate: learning rate of what quantisers learn, relative to its size: `parameter_groups`.
        match: whether to give each channel its float mean and spread back before training (`match_statistics`); None
            does if a tensor has fewer than 4 bits and the network was not calibrated before.
        pact_decay: weight decay of PACT's clips; from memory of the paper, which has that of the weights, 2e-4.
        save_every: write the checkpoint after so many steps too, not only after each epoch.
        live_bn: train with BatchNorm as it is, on the statistics of each batch, and fuse it at the end.
        others: as `QuantisingTrainer`.

    After `fit`, `history` holds the mean training loss and the accuracy of every epoch.

    Raises:
        UnsupportedError: weights that would train, but learn their rounding (AdaRound); the message names the layer.
    """

    name = "qat"

    def __init__(
        self,
        *arguments: Any,
        epochs: int = 10,
        rate: float = 1e-3,
        batch: int = 64,
        decay: float = 0.0,
        shift: int = 1,
        step_rate: float = 1e-3,
        match: bool | None = None,
        pact_decay: float = PACT.decay,
        save_every: int | None = None,
        live_bn: bool = False,
        **options: Any,
    ) -> None:
        if live_bn:
            if options.get("fuser") is not None:
                raise ValueError("live_bn: give it to the fuser itself")
            options["fuser_options"] = {**(options.get("fuser_options") or {}), "live_bn": True}
        super().__init__(*arguments, **options)
        check_labels(self.data.train, "training")
        _check_rounding(self.qnet)
        self.schedule = Schedule(epochs=epochs, rate=rate, batch=batch, decay=decay, shift=shift)
        self.step_rate = step_rate
        self.match = not is_calibrated(self.qnet) and _has_few_bits(self.qnet) if match is None else match
        self.pact_decay = pact_decay
        self.save_every = save_every
        self.history: list[tuple[float, float]] = []

    def options(self) -> dict[str, Any]:
        """The settings of the training that change its result, plain values by name."""
        mine = {"step_rate": self.step_rate, "pact_decay": self.pact_decay, "match": self.match}
        return {**vars(self.schedule), **mine}

    def groups(self, qnet: QNetwork) -> list[dict[str, Any]]:
        """The optimiser's parameter groups."""
        return parameter_groups(qnet, self.step_rate, self.pact_decay)

    def coach(self, qnet: QNetwork) -> Coach | None:
        """What goes along with the loop; None for cosine and cross-entropy."""
        return None

    def fit(self) -> QNetwork:
        """Return the fine-tuned network; errors as `Trainer.fit`."""
        store = self.store(self.data.train, self.options() | self.quantising_options())
        qnet = self.calibrated()
        if self.match:
            match_statistics(qnet, self.seen.head(MATCHED).images.to(self.device))
        loop = Loop(
            qnet,
            self.data.train,
            self.schedule,
            self.groups(qnet),
            seed=self.seed,
            device=self.device,
            store=store,
            every=self.save_every,
            title=self.title,
            sparsifier=self.sparsifier,
            coach=self.coach(qnet),
        )
        loop.run()
        self.history = loop.history
        return self.finished(qnet)
