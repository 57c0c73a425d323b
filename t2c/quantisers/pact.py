"""PACT: a learned clip that only clipped values move."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from t2c.quantisers.learned import LearnedClip


class PACT(LearnedClip):
    """Learned clip, for activations.

    Value:     y = clip(x, 0, alpha) on the grid of step alpha / (2^b - 1).
               Signed (residual branches and logits carry negative values, for which the paper has no form):
               y = clip(x, -alpha, alpha) on the grid of step alpha / (2^(b-1) - 1), codes -hi..hi.
    Gradient:  of x: 1 for 0 <= x <= alpha (signed: |x| <= alpha), 0 elsewhere.
               of alpha: sum of g where x >= alpha (signed: also minus that where x <= -alpha), 0 inside.
               With a zero point (a signed input tensor) the ends are alpha n/Q and alpha p/Q, and so are the factors.
    Learned:   `alpha`, |alpha| is used. Inside there is no gradient, so nothing but weight decay makes it smaller: the
               paper's L2 term is the class attribute `decay`, what QAT's `pact_decay` is unless told otherwise.
    Start:     min(2 E|x| sqrt(Q), max|x|); the paper starts near 10, for a network that is not trained yet.
    Limits:    none in width.

    Source: Choi et al., PACT: Parameterized Clipping Activation for Quantized Neural Networks, 2018, Eq. 1-3.
    """

    decay: ClassVar[float] = 2e-4

    def fake_quantise(self, x: Tensor) -> Tensor:
        alpha, (n, p), reach = self.clip(), self.bounds(), self.reach
        value = super().fake_quantise(x).detach()
        low, high = (alpha * (n / reach)).detach(), (alpha * (p / reach)).detach()
        inside = ((x >= low) & (x <= high)).to(x.dtype)
        ends = (x >= high).to(x.dtype) * (p / reach) + (x <= low).to(x.dtype) * (n / reach)
        return value + inside * (x - x.detach()) + ends * (alpha - alpha.detach())
