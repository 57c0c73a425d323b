"""Tell a wrong latency from wrong arithmetic, where results are taken by counting cycles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from t2c.tb.dut.traits import Traits

REACH, FEWEST = 64, 8


def true_latency(pairs: Sequence[tuple[Any, Any]], stated: int) -> int | None:
    """The latency that the results of inputs sent back to back show, None if they show none but the stated one.

    A module with latency L whose results are taken after `stated` cycles gives, in place of result k, result
    k + stated - L.

    Args:
        pairs: (expected, actual), in the order of the inputs.
        stated: what the description says.
    """
    expected, actual = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    if expected == actual:
        return None
    for by in sorted(range(-REACH, REACH + 1), key=abs):
        early, late = max(by, 0), max(-by, 0)
        wanted, found = expected[early:], actual[late:]
        length = min(len(wanted), len(found))
        same = length >= FEWEST and wanted[:length] == found[:length]
        if by and same and len(set(found[:length])) > 1:
            return stated - by
    return None


def check_fixed_latency(pairs: Sequence[tuple[Any, Any]], traits: Traits) -> None:
    """Fail with the latency that the results show.

    Raises:
        AssertionError: it is another one than the description says.
    """
    assert traits.latency is not None
    found = true_latency(pairs, traits.latency)
    assert found is None, (
        f"results come {found} cycles after their inputs, the description says latency: {traits.latency}"
    )
