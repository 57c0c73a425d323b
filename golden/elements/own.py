"""An element of somebody's own: a class in a Python file and a Verilog module, named together by a small YAML file."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from t2c.common.errors import UserError
from t2c.common.own_python import find_python
from t2c.golden.elements.element import ELEMENTS, Element


def own_element(name: str) -> Element:
    """The element of a YAML file of two fields, `class: FILE.py:CLASS` and `verilog: FILE.v` or a list of such.

    Files are beside the description. From then on the class is known by its name, as those of a plug-in are.

    Raises:
        YamlError, UserError: a field is missing or unknown, or what it names is not there or no element.
    """
    return _read(Path(name).resolve())()


@cache
def _read(path: Path) -> type[Element]:
    from t2c.common.strict_yaml import read_yaml  # who has no element of their own needs no yaml

    top = read_yaml(path)
    fields = top.only("class", "verilog")
    for wanted in ("class", "verilog"):
        if wanted not in fields:
            raise top.error(f"field {wanted!r} is missing")
    where = fields["class"].text()
    try:
        found = find_python(f"{path.parent / where}").call
    except UserError as error:
        raise fields["class"].error(str(error)) from error
    if not isinstance(found, type) or not issubclass(found, Element):
        raise fields["class"].error(f"{where}: it is no subclass of t2c.golden.elements.Element")
    if missing := sorted(found.__abstractmethods__):
        raise fields["class"].error(f"{where}: it lacks {', '.join(missing)}")
    for name in ("name", "module"):
        if not str(getattr(found, name, "")).isidentifier():
            raise fields["class"].error(f"{where}: `{name}` is no identifier")
    sources = tuple(path.parent / item.text() for item in fields["verilog"].items())
    for source in sources:
        if not source.is_file():
            raise fields["verilog"].error(f"{source}: no such file")
    try:
        ELEMENTS.register(found.name, found)
    except ValueError as error:
        raise fields["class"].error(str(error)) from error
    found.verilog = sources
    return found
