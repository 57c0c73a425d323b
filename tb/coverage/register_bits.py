"""A floor under the toggles: every bit of every register of rtl/ goes up and down, or stands here with a reason.

Counters and addresses are registers too, so none of their bits is moved by nothing. The registers are read from the
sources: what is declared `reg` and assigned with `<=` alone. Memories, arrays that Verilator does not count, are
left out.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from t2c.tb.components.bins import Coverage
from t2c.tb.coverage.verilator_data import Point

PART = "registers"
"""What the bins are a part of, beside the units and the core."""
WAYS = {"0->1": "up", "1->0": "down"}
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_DECLARATION = re.compile(r"\breg\b(?:\s+signed\b)?\s*(?:\[[^\]]*\])?(?=([^;)]*))")
_NAME = re.compile(r"\s*(\w+)\s*(\[[^\]]*\])?\s*")
_TOGGLE = re.compile(r"(?:.*\.)?(\w+?)((?:\[\d+\])*):(0->1|1->0)")


@dataclass(frozen=True, kw_only=True)
class StillBits:
    """Bits of a register that no run moves.

    register: as module.name; bits: which, none for a register that Verilator does not count; reason: why; proof: of
    `make formal`, that holds for them all the same, so that a longer run may move them; or empty: they are constant.
    """

    register: str
    bits: range
    reason: str
    proof: str = ""

    @property
    def text(self) -> str:
        """The reason, and where the proof is."""
        return f"{self.reason}; proven by {self.proof}" if self.proof else self.reason


def registers(source: str) -> tuple[list[str], list[str]]:
    """Names of the registers of a module, and of its arrays of registers, in the order of their declarations.

    Args:
        source: Verilog of the module.
    """
    text = _COMMENT.sub(" ", source)
    plain: list[str] = []
    arrays: list[str] = []
    for declared in _DECLARATION.finditer(text):
        for part in declared[1].split(","):
            found = _NAME.fullmatch(part)
            if found is None:  # the next port
                break
            name = found[1]
            clocked = re.search(rf"\b{name}\b[^;=]*<=", text)
            if clocked and not re.search(rf"\b{name}\s*(?:\[[^\]]*\]\s*)?=(?!=)", text):
                (arrays if found[2] else plain).append(name)
    return plain, arrays


def toggles_of(points: Mapping[Point, int]) -> dict[tuple[str, str], dict[tuple[int, str], int]]:
    """Counts of toggles by (module, signal), then by (bit, way); those of all elements of an array add up."""
    found: dict[tuple[str, str], dict[tuple[int, str], int]] = defaultdict(lambda: defaultdict(int))
    for point, hits in points.items():
        match = _TOGGLE.fullmatch(point.what) if point.kind == "toggle" else None
        if match:
            indices = re.findall(r"\d+", match[2])
            found[point.file.removesuffix(".v"), match[1]][int(indices[-1]) if indices else 0, WAYS[match[3]]] += hits
    return found


def cover_registers(
    points: Mapping[Point, int], sources: Path, still: Sequence[StillBits]
) -> tuple[Coverage, list[str]]:
    """A bin for each way of each bit of each register, by module; also what `still` says and is not so.

    A register without any count has one bin, not hit: it is gone, or too wide for Verilator to count.

    Args:
        points: of all runs.
        sources: folder of the RTL; modules that no run has built are left out.
        still: bits that need not move.
    """
    counts = toggles_of(points)
    made = Coverage()
    for path in sorted(sources.glob("*.v")):
        module = path.stem
        plain, arrays = registers(path.read_text())
        if not any(name == module for name, _ in counts):
            continue
        for name in (*plain, *arrays):
            bits = counts.get((module, name), {})
            if not bits and name in plain:
                made.declare({module: (f"{name}, any bit",)})
            for (place, way), hits in sorted(bits.items()):
                made.declare({module: (_bin(name, place, way),)})
                made.hit(module, _bin(name, place, way), hits)
    return made, [complaint for each in still for complaint in _excuse(made, each)]


def _bin(name: str, place: int, way: str) -> str:
    return f"{name} bit {place} {way}"


def _excuse(made: Coverage, each: StillBits) -> Iterable[str]:
    """Exclude these bits; complain of one that is not there, or that moves both ways and has no proof."""
    module, _, name = each.register.partition(".")
    bins = made.groups.get(module)
    if bins is None:
        return
    wanted = [[_bin(name, place, way) for way in WAYS.values()] for place in each.bits] or [[f"{name}, any bit"]]
    for pair in wanted:
        if any(one not in bins for one in pair):
            yield f"{each.register} is said to be still: there is no {pair[0]!r}"
        elif all(bins[one].hits for one in pair) and not each.proof:
            yield f"{each.register} is said to be still, but moves: {pair[0]}"
        else:
            for one in pair:
                made.exclude(module, one, each.text)
