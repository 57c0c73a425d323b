"""Bins of the register file: what came on its bus, what the core did, and how either side held back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from t2c.tb.components.bins import Coverage, cover_parameters
from t2c.tb.components.stalls import PROFILES

PARAMETERS = {"LO_W": (5, 32)}
"""Values of each parameter that must be tried: a low half of the counter that runs over, and the real one."""
CHANNELS = ("aw", "w", "b", "ar", "r")
REGISTERS = ("CONTROL", "STATUS", "ERROR", "LAYER", "CYCLES_LO", "CYCLES_HI", "HARDWARE")


def cover_unit(parameters: Mapping[str, int]) -> Coverage:
    """All bins of the unit."""
    made = Coverage(
        {
            "responses": [f"{way} {what}" for way in ("read", "write") for what in ("OKAY", "SLVERR")],
            "reads": [f"{name} read" for name in (*REGISTERS, "another address")],
            "write channels": ("AW and W together", "AW first", "W first"),
            "same cycle": ("read and write answered together", "read taken in the cycle of the end", "end at a start"),
            "core": ("done", "error", "done and error together", "start", "write refused while busy"),
            "stalls": [f"{channel} {profile}" for channel in CHANNELS for profile in PROFILES],
            "reset": ("reset while idle", "reset with a program under way"),
        }
    )
    cover_parameters(made, PARAMETERS, parameters)
    return made


def cycle_bins(
    taken: Mapping[str, tuple[int, ...]],
    *,
    aw_waits: bool,
    w_waits: bool,
    ends: tuple[bool, bool],
    start: bool,
    busy: bool,
) -> Iterator[tuple[str, str]]:
    """(group, bin) of everything that one clock cycle holds.

    Args:
        taken: payloads that are transferred, by channel.
        aw_waits, w_waits: that half of a write was taken before.
        ends: a program ends: done_i, error_i.
        start: start_o is high.
        busy: a start would be refused.
    """
    for channel, way in (("b", "write"), ("r", "read")):
        if channel in taken:
            yield "responses", f"{way} {'SLVERR' if taken[channel][-1] else 'OKAY'}"
    if "ar" in taken:
        yield "reads", f"{register_of(taken['ar'][0])} read"
    if {"aw", "w"} <= set(taken):
        yield "write channels", "AW and W together"
    elif "aw" in taken and not w_waits:
        yield "write channels", "AW first"
    elif "w" in taken and not aw_waits:
        yield "write channels", "W first"
    if {"b", "r"} <= set(taken):
        yield "same cycle", "read and write answered together"
    if any(ends):
        yield "core", {(True, False): "done", (False, True): "error"}.get(ends, "done and error together")
        if "ar" in taken:
            yield "same cycle", "read taken in the cycle of the end"
        if start:
            yield "same cycle", "end at a start"
    if start:
        yield "core", "start"
    if busy and "b" in taken and taken["b"][-1]:
        yield "core", "write refused while busy"


def register_of(address: int) -> str:
    """Name of the register at a byte address."""
    index, rest = divmod(address, 4)
    return REGISTERS[index] if not rest and index < len(REGISTERS) else "another address"
