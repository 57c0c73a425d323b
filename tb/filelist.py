"""Lists of Verilog files as simulators know them: a file a line, +incdir+FOLDER, +define+NAME=VALUE, // comments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tb.errors import UserError

NAME = "filelist.f"
_INCLUDE, _DEFINE = "+incdir+", "+define+"


@dataclass(frozen=True, kw_only=True)
class FileList:
    """sources: in order; includes: folders of `include files; defines: macros."""

    sources: tuple[Path, ...] = ()
    includes: tuple[Path, ...] = ()
    defines: Mapping[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """The list, with absolute paths."""
        lines = [f"{_INCLUDE}{folder.resolve()}" for folder in self.includes]
        lines += [f"{_DEFINE}{name}={value}" for name, value in self.defines.items()]
        lines += [str(source.resolve()) for source in self.sources]
        return "".join(f"{line}\n" for line in lines)


def read_filelist(path: Path) -> FileList:
    """Read a list; its names are relative to it.

    Raises:
        UserError: an option that is none of these.
    """
    sources, includes, defines = [], [], {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        entry = line.split("//")[0].split("#")[0].strip()
        if entry.startswith(_INCLUDE):
            includes.append(path.parent / entry.removeprefix(_INCLUDE))
        elif entry.startswith(_DEFINE):
            name, _, value = entry.removeprefix(_DEFINE).partition("=")
            defines[name] = value
        elif entry.startswith(("+", "-")):
            raise UserError(f"{path}:{number}: {entry!r}: only files, {_INCLUDE} and {_DEFINE} are understood")
        elif entry:
            sources.append(path.parent / entry)
    return FileList(sources=tuple(sources), includes=tuple(includes), defines=defines)
