"""One mutant: what Yosys' mutate pass changes, and which line of the source that is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_EFFECTS = {
    "inv": "is inverted",
    "const0": "is 0",
    "const1": "is 1",
    "cnot0": "is inverted while bit {ctrlbit} is 0",
    "cnot1": "is inverted while bit {ctrlbit} is 1",
}
_SPAN = re.compile(r"([\w./-]+):(\d+)\.(\d+)-(\d+)\.(\d+)")


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A changed bit at a pin of a cell.

    number: value of the control input that activates it, 1, 2, ...; mode, cell, port, portbit, ctrlbit: the options of
    the mutate command; net: the bit's name in the source, or empty; source: span of the source,
    FILE:LINE.COLUMN-LINE.COLUMN, or empty.
    """

    number: int
    mode: str
    cell: str
    port: str
    portbit: int
    ctrlbit: int | None = None
    net: str = ""
    source: str = ""

    @classmethod
    def parse(cls, line: str) -> Mutant:
        """Read a line of `mutate -list ... -ctrl`.

        Raises:
            ValueError: it is none, or of an unknown mode.
        """
        words = line.split()
        if words[:2] != ["mutate", "-ctrl"] or "-mode" not in words:
            raise ValueError(f"not a mutate command: {line!r}")
        options: dict[str, list[str]] = {}
        for name, value in zip(words[5::2], words[6::2], strict=True):
            options.setdefault(name, []).append(value)
        mode = options["-mode"][0]
        if mode not in _EFFECTS:
            raise ValueError(f"mutation mode {mode!r} is not one of {', '.join(_EFFECTS)}")
        # The wire's declaration comes before the cell's own places.
        sources = options.get("-src", [""])
        return cls(
            number=int(words[4]),
            mode=mode,
            cell=options["-cell"][0],
            port=options["-port"][0],
            portbit=int(options["-portbit"][0]),
            ctrlbit=int(options["-ctrlbit"][0]) if "-ctrlbit" in options else None,
            net=f"{options['-wire'][0]}[{options['-wirebit'][0]}]" if "-wire" in options else "",
            source=sources[1] if "-wire" in options and len(sources) > 1 else sources[0],
        )

    @property
    def effect(self) -> str:
        """In words: which bit of which pin, and what becomes of it."""
        net = f", {self.net}," if self.net else ""
        return f"{self.port}[{self.portbit}]{net} {_EFFECTS[self.mode].format(ctrlbit=self.ctrlbit)}"

    @property
    def place(self) -> str:
        """FILE:LINE."""
        found = _SPAN.fullmatch(self.source)
        return f"{found[1]}:{found[2]}" if found else ""

    def expression(self, folder: Path, limit: int = 48) -> str:
        """The text of the source that became the cell, from its first line, cut to `limit` characters."""
        found = _SPAN.fullmatch(self.source)
        if not found:
            return ""
        first, last = int(found[2]), int(found[4])
        line = (folder / found[1]).read_text().splitlines()[first - 1]
        text = line[int(found[3]) - 1 : int(found[5]) - 1 if last == first else None]
        text = " ".join(text.partition("//")[0].split())
        return text if len(text) <= limit else text[: limit - 3] + "..."
