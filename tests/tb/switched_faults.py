"""Many faults in one build of the RTL: +fault=N chooses one of them when the simulation starts, 0 none.

Each fault is one text of one file, and another that takes its place while it is chosen: an expression, or a statement.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from t2c.common.places import RTL

_SWITCH = """
    integer t2c_fault;
    initial if (!$value$plusargs("fault=%d", t2c_fault)) t2c_fault = 0;
"""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """name: what is wrong; file: of rtl/; text: occurs there once; wrong: takes its place. by: what catches it, as the
    list says; statement: the text is a statement, not an expression or a whole assignment outside of a block; around:
    what occurs once is this, where {} stands for the text."""

    name: str
    file: str
    text: str
    wrong: str
    by: str
    statement: bool = False
    around: str = "{}"


def plant_all(folder: Path, faults: Iterable[Fault]) -> Path:
    """A copy of rtl/ with all faults, numbered from 1 in their order."""
    rtl = folder / "rtl"
    shutil.copytree(RTL, rtl)
    places: dict[tuple[str, str, str], list[tuple[int, Fault]]] = {}
    for number, fault in enumerate(faults, 1):
        places.setdefault((fault.file, fault.around, fault.text), []).append((number, fault))
    for (file, around, text), here in places.items():
        path, place = rtl / file, around.replace("{}", text)
        now, times = path.read_text(), (RTL / file).read_text().count(place)
        assert times == 1, f"{here[0][1].name}: {file} holds {place!r} {times} times"
        assert now.count(place) == 1, f"{here[0][1].name}: another fault is in the same place"
        path.write_text(now.replace(place, around.replace("{}", _switched(text, here))))
    for file in {file for file, _, _ in places}:
        (rtl / file).write_text(re.sub(r"(?m)^\);$", ");" + _SWITCH, (rtl / file).read_text(), count=1))
    return rtl


def _switched(text: str, faults: list[tuple[int, Fault]]) -> str:
    """The text with a choice between itself and its faults."""
    if faults[0][1].statement:
        wrong = "".join(f"if (t2c_fault == {number}) begin {fault.wrong} end else " for number, fault in faults)
        return f"{wrong}begin {text} end"
    left, right, end = "", text, ""
    if text.endswith(";"):  # the end of an assignment, or a whole one: the choice is on its right side
        left, right, end = re.fullmatch(r"((?:[\w ]+<?= )?)(.*)(;)", text).groups()  # type: ignore[union-attr]
    wrong = "".join(
        f"(t2c_fault == {number}) ? ({fault.wrong[len(left) :].rstrip(';')}) : " for number, fault in faults
    )
    return f"{left}({wrong}({right})){end}"
