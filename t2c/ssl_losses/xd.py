"""Cross-distillation: an encoder and a slimmed copy of it learn from each other, on top of Barlow Twins."""

from __future__ import annotations

from torch import Tensor

from t2c.golden.errors import RangeError
from t2c.ssl_losses.barlow import OFF_DIAGONAL, redundancy
from t2c.ssl_losses.base import SSL_LOSSES


@SSL_LOSSES("xd")
class CrossDistillation:
    """B(q1, q2) + gamma (B(q1, k1) + B(q2, k2)) / 2 with B the loss of Barlow Twins, `redundancy`.

    q1 is the encoder's embedding of the first view, q2 the slimmed encoder's of the second. k1 and k2 are what the
    other one says of the same view: the roles swapped, without gradient.

    The paper prints (1 - C_ii) unsquared; the square is that of Barlow Twins, as is lambda.

    Args:
        gamma: weight of the distillation, 0 or more; from memory, the paper leaves it open.
        off_diagonal: lambda, 0 or more.

    Raises:
        RangeError: a setting below 0.

    Source: Torch2Chip, MLSys 2024, Eq. 16; Meng et al., Slimmed Asymmetrical Contrastive Learning and Cross
    Distillation, NeurIPS 2023. There is no public code; that k1 and k2 swap the roles is read from the papers' text.
    """

    def __init__(self, gamma: float = 1.0, off_diagonal: float = OFF_DIAGONAL) -> None:
        for name, value in (("gamma", gamma), ("off_diagonal", off_diagonal)):
            if not value >= 0.0:
                raise RangeError(f"{name}: {value} is not 0 or more")
        self.gamma, self.off_diagonal = gamma, off_diagonal

    def __call__(self, q1: Tensor, q2: Tensor, k1: Tensor, k2: Tensor) -> Tensor:
        """The loss of a batch; all (N, D), k1 and k2 without gradient."""
        swapped = redundancy(q1, k1, self.off_diagonal) + redundancy(q2, k2, self.off_diagonal)
        return redundancy(q1, q2, self.off_diagonal) + 0.5 * self.gamma * swapped
