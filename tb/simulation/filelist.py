"""Lists of Verilog files as simulators know them: a file a line, +incdir+FOLDER, +define+NAME=VALUE, // comments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from t2c.common.errors import UserError
from t2c.common.reading import read_plain
from t2c.common.shown import shown

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
        UserError: an option that is none of these, or no text.
    """
    sources, includes, defines = [], [], {}
    try:
        lines = read_plain(path).decode().splitlines()
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: no UTF-8 text") from error
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error
    for number, line in enumerate(lines, 1):
        entry = line.split("//")[0].split("#")[0].strip()
        if entry.startswith(_INCLUDE):
            includes += [path.parent / folder for folder in entry.removeprefix(_INCLUDE).split("+")]
        elif entry.startswith(_DEFINE):
            for macro in entry.removeprefix(_DEFINE).split("+"):
                name, _, value = macro.partition("=")
                defines[name] = value
        elif entry.startswith(("+", "-")):
            raise UserError(f"{path}:{number}: {shown(entry)}: only files, {_INCLUDE} and {_DEFINE} are understood")
        elif entry:
            sources.append(path.parent / entry)
    return FileList(sources=tuple(sources), includes=tuple(includes), defines=defines)
