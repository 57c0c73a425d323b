"""A counterexample in readable form: the last values in a VCD file that yosys-smtbmc wrote."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

_DECLARATION = re.compile(r"\$var \w+ (\d+) (\S+) (\S+)")
_CHANGE = re.compile(r"(?:b([01xz]+) |([01xz]))(\S+)")


def read_trace(path: Path) -> list[dict[str, str]]:
    """The bits of every signal of the top module, one dictionary a step; inner scopes come as `scope.name`."""
    names: dict[str, list[str]] = {}
    scopes: list[str] = []
    steps: list[dict[str, str]] = []
    now: dict[str, str] = {}
    for line in path.read_text().splitlines():
        if line.startswith("$scope"):
            scopes.append(line.split()[2])
        elif line.startswith("$upscope"):
            scopes.pop()
        elif found := _DECLARATION.match(line):
            names.setdefault(found[2], []).append(".".join([*scopes[1:], found[3]]))
        elif line.startswith("#"):
            if now:
                steps.append(dict(now))
        elif found := _CHANGE.fullmatch(line):
            now |= {name: found[1] or found[2] for name in names.get(found[3], ())}
    return steps


def number(bits: str) -> str:
    """Bits in decimal, with the signed value behind an unsigned one whose top bit is set."""
    if set(bits) - set("01"):
        return bits
    value = int(bits, 2)
    return f"{value} ({value - (1 << len(bits))})" if len(bits) > 1 and bits[0] == "1" else str(value)


def last_values(path: Path, names: Sequence[str]) -> dict[str, str]:
    """The values of these signals in the last step, as numbers.

    Raises:
        KeyError: the trace has no such signal.
    """
    last = read_trace(path)[-1]
    return {name: number(last[name]) for name in names}
