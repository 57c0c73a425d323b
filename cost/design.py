"""What is synthesised: a module with its parameters, and the files of memories that nothing writes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from t2c.tb.simulation.filelist import NAME, read_filelist


@dataclass(frozen=True, kw_only=True)
class SynthesisDesign:
    """A module of RTL as a tool gets it.

    top: the module; rtl: folder with it and a filelist.f; parameters: numbers by name; files: contents of a memory, a
    $readmemh text, by the parameter that names its file; left: share of the multipliers and memories as written that
    must be there after optimisation, below 1 where some of them may turn out to be equal.
    """

    top: str
    rtl: Path
    parameters: Mapping[str, int] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    left: float = 1.0

    def file_name(self, parameter: str) -> str:
        """Of the file that a parameter names, in the folder of a run."""
        return f"{parameter.lower()}.hex"

    def sources(self) -> dict[str, bytes]:
        """Verilog by file name, in the order of the list, then the headers."""
        listed = [path for path in read_filelist(self.rtl / NAME).sources]
        return {path.name: path.read_bytes() for path in (*listed, *sorted(self.rtl.glob("*.vh")))}

    def write(self, folder: Path) -> None:
        """Put the sources and the files of memories into a folder."""
        for name, content in self.sources().items():
            (folder / name).write_bytes(content)
        for parameter, text in self.files.items():
            (folder / self.file_name(parameter)).write_text(text)

    def digest(self) -> str:
        """Of all that decides what comes out of a tool."""
        sources = {name: hashlib.sha256(content).hexdigest() for name, content in self.sources().items()}
        stated = [self.top, dict(self.parameters), dict(self.files), sources]
        return hashlib.sha256(json.dumps(stated, sort_keys=True).encode()).hexdigest()

    def read_commands(self) -> str:
        """Yosys commands that read it in the folder of `write` and leave it elaborated, ready for a synthesis."""
        sources = " ".join(name for name in self.sources() if name.endswith(".v"))
        values = [f"-set {name} {value}" for name, value in self.parameters.items()]
        values += [f'-set {name} "{self.file_name(name)}"' for name in self.files]
        chosen = f"chparam {' '.join(values)} {self.top}; " if values else ""
        return f"read_verilog -defer -DSYNTHESIS -I. {sources}; {chosen}hierarchy -check -top {self.top}; "
