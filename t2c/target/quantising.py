"""What the quantisers of a model are told of a chip, so that training sees its grid."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from t2c.golden.target.limits import ChipLimits


def fuser_options(chip: ChipLimits) -> dict[str, Any]:
    """Options of NetFuser: one scale of weights for a layer with one multiplier, signed activations for a chip without
    unsigned ones and without zero points."""
    told: dict[str, Any] = {}
    if chip.per_layer:
        told |= {"per_channel": False, "scheme": "pre_fuse"}
    if chip.activations and all(fmt.signed for fmt in chip.activations) and not chip.zero_points:
        told |= {"unsigned_activations": False}
    return told


def told(fuser: Callable[..., Any], chip: ChipLimits) -> Callable[..., Any]:
    """A NetFuser class, or a partial of it, with `fuser_options` that it does not have yet; anything else as it is."""
    from t2c.fusion import NetFuser

    base = fuser.func if isinstance(fuser, functools.partial) else fuser
    if not (isinstance(base, type) and issubclass(base, NetFuser)):
        return fuser
    given = fuser.keywords if isinstance(fuser, functools.partial) else {}
    return functools.partial(fuser, **{k: v for k, v in fuser_options(chip).items() if k not in given})
