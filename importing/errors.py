"""Why a file cannot be imported."""

from __future__ import annotations

from collections.abc import Sequence


class RefusedError(ValueError):
    """A file that cannot be imported; `reasons` has every reason, a line each, and the message is one line of them.

    >>> str(RefusedError(["operator 3 (CONV_2D): stride 0", "tensor 5: scale -1.0"], "kws.tflite"))
    'kws.tflite: 2 reasons: operator 3 (CONV_2D): stride 0; tensor 5: scale -1.0'
    """

    def __init__(self, reasons: Sequence[str], place: str = "") -> None:
        self.reasons = tuple(reasons)
        where = f"{place}: " if place else ""
        count = f"{len(self.reasons)} reasons: " if len(self.reasons) > 1 else ""
        super().__init__(where + count + "; ".join(self.reasons))
