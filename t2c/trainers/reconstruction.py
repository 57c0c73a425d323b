"""Block reconstruction: learn which way each weight rounds, so that a block's output stays near the float one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from t2c.accuracy import BATCH
from t2c.calibration import unquantised
from t2c.checkpoint import check_state
from t2c.errors import TrainingError
from t2c.network import QNetwork, Wire
from t2c.progress import progress_bar
from t2c.quantisers.qdrop import KEEP
from t2c.trainers.base import Store, seeded
from t2c.trainers.blocks import Block, Values, advance, blocks_of, layers_of
from t2c.trainers.quantising import dropping_quantisers, rounding_quantisers
from t2c.trainers.reconstruction_settings import Reconstruction


@dataclass(frozen=True, kw_only=True)
class BlockLoss:
    """Mean squared error of a block's output, summed over its channels, with nearest and with learned rounding."""

    block: str
    before: float
    after: float


def block_loss(output: Tensor, target: Tensor) -> Tensor:
    """Squared error (N, C, ...), summed over C, mean over the rest."""
    return (output - target).square().sum(1).mean()


class Reconstructor:
    """Walk through the blocks of a calibrated network, each on what the ones before it really give.

    A block is a layer, or, if any quantiser drops quantisation at random (QDrop), a run of layers between points where
    one tensor is alive. For each the rounding variables (and, with QDrop, the steps) minimise
    |block_q(x) - block(x_float)|^2 plus a regulariser that drives each variable to 0 or 1. The
    hard rounding of a block that ends up no better than before is put back. Only the tensors alive are kept in memory.

    Args:
        net: on the device, calibrated; changed in place.
        images: real (N, *shape), on the CPU.
        options: how.
        seed: of batches and dropping.
        store: the checkpoint; it is written after every block.
        title: of the progress bar.

    After `run`, `losses` holds a row for each block that learned.
    """

    def __init__(
        self, net: QNetwork, images: Tensor, options: Reconstruction, *, seed: int, store: Store, title: str
    ) -> None:
        self.net, self.images, self.options = net, images, options
        self.seed, self.store, self.title = seed, store, title
        self.device = next(net.parameters()).device
        self.dropping = bool(dropping_quantisers(net))
        self.blocks = blocks_of(net, self._learns) if self.dropping else layers_of(net)
        self.losses: list[BlockLoss] = []

    def _learns(self, wire: Wire) -> bool:
        return bool(rounding_quantisers(self.net.layers[wire.name]))

    def run(self) -> None:
        """Reconstruct all blocks.

        Raises:
            CheckpointError: the checkpoint is damaged or of another run; nothing is loaded.
            TrainingError: the loss is not finite; the message names block and step.
        """
        net = self.net.eval()
        done = self._restore()
        real = {net.input_name: self.images.to(self.device)}
        with torch.no_grad():
            parts = [net.input_quantiser(part) for part in real[net.input_name].split(BATCH)]
        rounded = {net.input_name: torch.cat(parts)}
        with progress_bar(len(self.blocks), self.title, done=done) as bar, _frozen(net):
            for index, block in enumerate(self.blocks):
                with unquantised(net):
                    after = advance(net, block, real, (*block.alive, block.output))
                if index >= done:
                    with seeded(self.seed + index, self.device):
                        self._block(block, rounded, real, after[block.output], index)
                    self.store.save(self._state(index + 1))
                    if self.losses:
                        bar.set_postfix(loss=f"{self.losses[-1].before:.3g} -> {self.losses[-1].after:.3g}")
                    bar.update()
                rounded = advance(net, block, rounded, block.alive)
                real = {name: after[name] for name in block.alive}

    def _block(self, block: Block, rounded: Values, real: Values, target: Tensor, index: int) -> None:
        """Learn one block, and keep what was learned if it is better."""
        layers = nn.ModuleList(self.net.layers[wire.name] for wire in block.wires)
        rounders, droppers = rounding_quantisers(layers), dropping_quantisers(layers)
        variables = list(dict.fromkeys(p for quantiser in rounders for p in quantiser.parameters()))
        steps = list(dict.fromkeys(p for quantiser in droppers for p in quantiser.parameters()))
        if not variables:
            return
        with self._open_output(block):
            before = self._loss(block, rounded, target)
            saved = [p.detach().clone() for p in (*variables, *steps)]
            with _learning(rounders, droppers, (*variables, *steps)), torch.enable_grad():
                self._learn(block, rounded, real, target, rounders, (variables, steps), self.seed + index)
            after = self._loss(block, rounded, target)
        if not after < before:
            with torch.no_grad():
                for parameter, old in zip((*variables, *steps), saved, strict=True):
                    parameter.copy_(old)
            after = before
        self.losses.append(BlockLoss(block=block.title, before=before, after=after))

    @contextmanager
    def _open_output(self, block: Block) -> Iterator[None]:
        """Leave the block's output unrounded inside, where no step of it is to be learned."""
        quantiser = getattr(self.net.layers[block.output], "output_quantiser", None)
        if self.dropping or quantiser is None:
            yield
            return
        quantiser.bypass = True
        try:
            yield
        finally:
            quantiser.bypass = False

    def _learn(
        self,
        block: Block,
        rounded: Values,
        real: Values,
        target: Tensor,
        rounders: Sequence[Any],
        learned: tuple[list[nn.Parameter], list[nn.Parameter]],
        seed: int,
    ) -> None:
        options, count = self.options, len(target)
        generator = torch.Generator().manual_seed(seed)
        adam = torch.optim.Adam([{"params": learned[0], "lr": options.rate}])
        adams = [adam]
        if learned[1]:
            adams.append(torch.optim.Adam(learned[1], lr=options.step_rate))
            cosine = torch.optim.lr_scheduler.CosineAnnealingLR(adams[1], options.iterations)
        for step in range(options.iterations):
            chosen = torch.randint(0, count, (min(options.batch, count),), generator=generator).to(self.device)
            inputs = {name: rounded[name][chosen] for name in block.inputs}
            if self.dropping:
                for name, x in inputs.items():
                    keep = torch.rand(x.shape, generator=generator).to(self.device) < KEEP
                    inputs[name] = torch.where(keep, x, real[name][chosen])
            loss = block_loss(block.run(self.net, inputs)[block.output], target[chosen])
            weight, beta = options.pull(step)
            if weight:
                loss = loss + weight * torch.stack([quantiser.rounding_loss(beta) for quantiser in rounders]).sum()
            if not bool(torch.isfinite(loss)):
                raise TrainingError(
                    f"{self.title}: block {block.title}, step {step + 1}: the loss is {float(loss.detach())}"
                )
            for one in adams:
                one.zero_grad()
            loss.backward()
            for one in adams:
                one.step()
            if learned[1]:
                cosine.step()

    def _loss(self, block: Block, rounded: Values, target: Tensor) -> float:
        """The block's loss over all images, as it is, with hard rounding."""
        return float(block_loss(advance(self.net, block, rounded, (block.output,))[block.output], target))

    def _state(self, done: int) -> dict[str, Any]:
        return {"model": self.net.state_dict(), "done": done, "losses": [asdict(row) for row in self.losses]}

    def _restore(self) -> int:
        """Load the checkpoint; return how many blocks are done."""
        state = self.store.load()
        if state is None:
            return 0
        assert self.store.path is not None
        check_state(self.store.path, self.net, state["model"])
        self.net.load_state_dict(state["model"])
        self.losses = [BlockLoss(**row) for row in state["losses"]]
        return int(state["done"])


@contextmanager
def _frozen(net: nn.Module) -> Iterator[None]:
    """No parameter takes a gradient inside; afterwards those that did do again."""
    taking = [parameter for parameter in net.parameters() if parameter.requires_grad]
    for parameter in taking:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in taking:
            parameter.requires_grad_(True)


@contextmanager
def _learning(rounders: Sequence[Any], droppers: Sequence[Any], parameters: Sequence[nn.Parameter]) -> Iterator[None]:
    """Inside, the parameters take gradients, rounding is soft and quantisation dropped; afterwards nothing is."""
    for parameter in parameters:
        parameter.requires_grad_(True)
    try:
        for quantiser in rounders:
            quantiser.soft = True
        for quantiser in droppers:
            quantiser.dropping = True
        yield
    finally:
        for quantiser in rounders:
            quantiser.soft = False
        for quantiser in droppers:
            quantiser.dropping = False
        for parameter in parameters:
            parameter.requires_grad_(False)
            parameter.grad = None
