"""Pages as a reader follows them: their command lines and Python blocks, in order, with the output that is printed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FIRST_WORDS = ("make", "t2c", "python", "pip", ".", "sed", "cc", "gcc", "iverilog", "vvp", "git", "cd")
"""An indented line is a command if it begins with one of these, or with `$ `."""


@dataclass(frozen=True, kw_only=True)
class Action:
    """What a reader does: `text` is shell, or Python if `python`. output: the lines that the page prints below it."""

    text: str
    python: bool
    line: int
    output: tuple[str, ...] = ()


def actions(page: Path) -> Iterator[Action]:
    """Commands and Python blocks of a page, from top to bottom."""
    lines = page.read_text().splitlines()
    number = 0
    while number < len(lines):
        line = lines[number]
        if line.startswith("```"):
            end = next(i for i in range(number + 1, len(lines)) if lines[i].startswith("```"))
            if line == "```python":
                yield Action(text="\n".join(lines[number + 1 : end]) + "\n", python=True, line=number + 1)
            number = end + 1
        elif line.startswith("    ") and _is_command(line[4:]):
            first = number
            text = line[4:].removeprefix("$ ")
            while text.endswith("\\"):
                number += 1
                text = text[:-1] + lines[number][4:]
            number += 1
            output = []
            if line[4:].startswith("$ "):
                while number < len(lines) and lines[number].startswith("    ") and not _is_command(lines[number][4:]):
                    output.append(lines[number][4:])
                    number += 1
                    if number + 1 < len(lines) and not lines[number] and lines[number + 1].startswith("    "):
                        output.append("")
                        number += 1
            yield Action(text=re.sub(r"\s+# .*", "", text).strip(), python=False, line=first + 1, output=tuple(output))
        else:
            number += 1


def _is_command(text: str) -> bool:
    return text.startswith("$ ") or text.split(" ")[0] in FIRST_WORDS
