"""Limits in seconds that grow with the load of the machine, so that they catch what is stuck and not what is slow."""

from __future__ import annotations

import math
import os

from t2c.common.errors import UserError

SCALE = "T2C_TIME_SCALE"
"""Environment variable: every limit is multiplied by it. For machines that are slow without being loaded."""


def scaled(seconds: float) -> float:
    """A limit for something that takes well below `seconds` on a quiet machine.

    It is multiplied by T2C_TIME_SCALE and, where more processes want to run than there are processors, by their ratio.

    Raises:
        UserError: T2C_TIME_SCALE is not a number above 0.
    """
    text = os.environ.get(SCALE) or "1"
    try:
        scale = float(text)
    except ValueError:
        scale = math.nan
    if not 0 < scale < math.inf:
        raise UserError(f"{SCALE} = {text!r} is not a number above 0")
    try:
        load = max(os.getloadavg()) / (os.cpu_count() or 1)
    except OSError:
        load = 1.0
    return seconds * scale * max(1.0, load)
