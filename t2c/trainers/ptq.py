"""Post-training quantisation: calibrate and, where the quantisers learn their rounding, reconstruct block by block."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from t2c.network import QNetwork
from t2c.trainers.quantising import QuantisingTrainer, rounding_quantisers
from t2c.trainers.reconstruction import BlockLoss, Reconstructor
from t2c.trainers.reconstruction_settings import Reconstruction


class PTQ(QuantisingTrainer):
    """Fuse and calibrate; reconstruct if there is anything to learn. Labels are not looked at.

    A pruner chooses its last masks at once, before the calibration.

    Args:
        reconstruct: whether to reconstruct; None does if a quantiser learns its rounding (AdaRound, QDrop).
        reconstruction_images: training images for it, from the first on.
        iterations, batch, rate, step_rate: as `Reconstruction`.
        others: as `QuantisingTrainer`.

    After `fit`, `losses` holds the error of each block before and after.

    Raises:
        ValueError: reconstruct is True and no quantiser learns its rounding.
    """

    name = "ptq"

    def __init__(
        self,
        *arguments: Any,
        reconstruct: bool | None = None,
        reconstruction_images: int = 512,
        iterations: int = Reconstruction.iterations,
        batch: int = Reconstruction.batch,
        rate: float = Reconstruction.rate,
        step_rate: float = Reconstruction.step_rate,
        **options: Any,
    ) -> None:
        super().__init__(*arguments, **options)
        if reconstruction_images < 1:
            raise ValueError(f"reconstruction_images: {reconstruction_images} is less than 1")
        learns = bool(rounding_quantisers(self.qnet))
        if reconstruct and not learns:
            raise ValueError("reconstruct: no weight quantiser of this network learns its rounding, as AdaRound does")
        self.reconstruct = learns if reconstruct is None else reconstruct
        self.reconstruction_images = reconstruction_images
        self.reconstruction = Reconstruction(iterations=iterations, batch=batch, rate=rate, step_rate=step_rate)
        self.losses: list[BlockLoss] = []

    def fit(self) -> QNetwork:
        """Return the quantised network; errors as `Trainer.fit`."""
        if self.sparsifier is not None:
            self.sparsifier.begin(0)
            self.sparsifier.finish()
        if not self.reconstruct:
            return self.finished(self.calibrated())
        options = {**asdict(self.reconstruction), **self.quantising_options()}
        options["reconstruction_images"] = self.reconstruction_images
        store = self.store(self.data.train, options)
        qnet = self.calibrated()
        images = self.data.train.head(self.reconstruction_images).images
        worker = Reconstructor(qnet, images, self.reconstruction, seed=self.seed, store=store, title=self.title)
        worker.run()
        self.losses = worker.losses
        return self.finished(qnet)
