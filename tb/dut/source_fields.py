"""Fields that every description of a module has: its files, its reset, and how long it may be."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from t2c.common.reading import read_plain
from t2c.common.shown import shown
from t2c.common.strict_yaml import Value, YamlError
from t2c.tb.simulation.filelist import FileList, read_filelist

LINES = 40
"""That a description may have, besides comments and empty lines."""


@dataclass(frozen=True, kw_only=True)
class Reset:
    """port: its name; active: low or high. Synchronous or not is all one to a bench that holds it for cycles."""

    port: str
    active: str


def refuse_length(path: Path) -> None:
    """Refuse a description of more than LINES lines.

    Raises:
        YamlError: it has more.
    """
    length = sum(bool(line.split("#")[0].strip()) for line in read_plain(path).decode(errors="replace").splitlines())
    if length > LINES:
        raise YamlError(path, f"{length} lines; a description has at most {LINES}")


def read_reset(value: Value) -> Reset | None:
    """The reset of a module; None if it has none."""
    if not value.is_mapping and value.scalar() == "none":
        return None
    if not value.is_mapping or set(value.fields()) != {"port", "active"}:
        raise value.error("reset: 'none', or {port: NAME, active: low or high}")
    entries = value.fields()
    return Reset(port=entries["port"].text(), active=entries["active"].choice("low", "high"))


def read_sources(path: Path, fields: Mapping[str, Value], made: Path | None = None) -> FileList:
    """Files, and what lists of files among them say; folders of sources are searched for `include files too.

    Args:
        path, fields: of the description.
        made: a folder besides that of the description in which they may lie.
    """
    roots = (path.parent, *([made] if made else []))
    found = FileList(includes=_paths(roots, fields, "include", Path.is_dir, "folder"), defines=_defines(fields))
    error = fields["sources"].error
    for source in _paths(roots, fields, "sources", Path.is_file, "file"):
        if source.suffix == ".f":
            listed = read_filelist(source)
            found = FileList(
                sources=(*found.sources, *map(_resolved, listed.sources)),
                includes=(*found.includes, *map(_resolved, listed.includes)),
                defines={**listed.defines, **found.defines},
            )
        else:
            found = replace(found, sources=(*found.sources, source))
    if not found.sources:
        raise error("sources: the lists name no file")
    for index, source in enumerate(found.sources):
        if source.suffix not in (".v", ".sv"):
            raise error(f"sources: {source.name} ends neither in .v nor in .sv")
        if not _there(Path.is_file, source):
            raise error(f"sources: no file {source}, which a list names")
        if source in found.sources[:index]:
            raise error(f"sources: {source.name} stands there twice")
    for folder in found.includes:
        if not _there(Path.is_dir, folder):
            raise error(f"sources: no folder {folder}, which a list names")
    for name in found.defines:
        if not re.fullmatch(r"[A-Za-z_]\w*", name):
            where = fields.get("defines", fields["sources"])
            raise where.error(f"defines: {shown(name)} is no name of a macro")
    folders = dict.fromkeys((*found.includes, *(source.parent for source in found.sources)))
    return replace(found, includes=tuple(folders))


def _paths(
    roots: Sequence[Path], fields: Mapping[str, Value], name: str, exists: Callable[[Path], bool], what: str
) -> tuple[Path, ...]:
    if name not in fields:
        return ()
    found = []
    for entry in fields[name].items():
        found.append(find_beside(roots, entry, exists, what).resolve())
    if not found:
        raise fields[name].error(f"{name}: the list is empty")
    return tuple(found)


def find_beside(
    roots: Sequence[Path], entry: Value, exists: Callable[[Path], bool] = Path.is_file, what: str = "file"
) -> Path:
    """What a field names, in the folder of the description or in that of generated files.

    Raises:
        YamlError: it is in none of them, or in both.
    """
    there = [root / entry.text() for root in roots if _there(exists, root / entry.text())]
    if not there:
        elsewhere = ", nor among what was generated" if len(roots) > 1 else ""
        raise entry.error(f"{entry.name}: no {what} {shown(entry.text())} beside this description{elsewhere}")
    if len(there) > 1:
        raise entry.error(f"{entry.name}: {shown(entry.text())} lies beside this description and is generated too")
    return there[0]


def _defines(fields: Mapping[str, Value]) -> dict[str, str]:
    """Macros by name."""
    return (
        {name: str(value.scalar()) for name, value in fields["defines"].fields().items()} if "defines" in fields else {}
    )


def _there(exists: Callable[[Path], bool], path: Path) -> bool:
    """Whether a file or a folder is there; a name that no file can have is none."""
    try:
        return exists(path)
    except OSError:
        return False


def _resolved(path: Path) -> Path:
    """The absolute path behind links; itself if no file can have that name, or links go round in circles."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return path


def bounded_integer(fields: Mapping[str, Value], key: str, usual: int, low: int, high: int) -> int:
    """An integer in low..high, the usual one if there is no such field; raises YamlError for anything else."""
    if key not in fields:
        return usual
    found = read_integer(fields[key])
    if not low <= found <= high:
        raise fields[key].error(f"{key}: {found} is outside {low}..{high}")
    return found


def read_integer(value: Value) -> int:
    """An integer; raises YamlError for anything else."""
    found = value.scalar()
    if not isinstance(found, int):
        raise value.error(f"{value.name}: {shown(found)} is no integer")
    return found
