"""Read a YAML file strictly: no key twice, no guessing of types, and every complaint names the file and the line."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from t2c.common.errors import UserError
from t2c.common.reading import read_plain
from t2c.common.shown import plain

_WORDS = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "bool", "float", "timestamp", "merge")}
"""What is a text here: ports may be called `on` or `off`, which YAML takes for booleans."""
_SCALARS = _WORDS | {f"tag:yaml.org,2002:{kind}" for kind in ("int", "null", "value")}
_PLAIN = {
    **{("tag:yaml.org,2002:bool", word): value for word, value in (("true", True), ("false", False))},
    **{("tag:yaml.org,2002:null", word): None for word in ("null", "~", "")},
}
"""What is more than a text in `Value.plain`."""
_INTEGER, _DIGITS = "tag:yaml.org,2002:int", 80


Plain = str | bool | None | list["Plain"] | dict[str, "Plain"]


class YamlError(UserError):
    """A YAML file that cannot be used; the message begins with file:line.

    problem: the message without the place; line, column: of the place, from 1; None where only the file is known.
    """

    def __init__(self, path: Path, problem: str, line: int | None = None, column: int | None = None) -> None:
        problem = plain(problem)
        super().__init__(f"{path}{f':{line}' if line else ''}: {problem}")
        self.problem, self.line, self.column = problem, line, column


class Value:
    """One value of a YAML file and where it stands."""

    def __init__(self, path: Path, node: yaml.Node, name: str) -> None:
        self.path, self.node, self.name = path, node, name

    def error(self, text: str) -> YamlError:
        """A complaint about this value."""
        return _error_at(self.path, self.node, text)

    def scalar(self) -> str | int:
        """A text or an integer; 7:0 is a text, which YAML takes for 7 minutes, and 010 is neither 10 nor 8.

        Raises:
            YamlError: something else.
        """
        integer = isinstance(self.node, yaml.ScalarNode) and self.node.tag == _INTEGER
        if isinstance(self.node, yaml.ScalarNode) and (self.node.tag in _WORDS or (integer and ":" in self.node.value)):
            return str(self.node.value)
        if integer and re.match("[-+]?0_*[0-9]", self.node.value):
            raise self.error(f"{self.name}: {self.node.value} has a leading zero, which YAML takes for octal")
        if isinstance(self.node, yaml.ScalarNode) and self.node.tag == _INTEGER and len(self.node.value) <= _DIGITS:
            try:
                value = yaml.SafeLoader("").construct_yaml_int(self.node)
            except ValueError:
                value = None
            if isinstance(value, int) and abs(value) < 1 << 64:
                return value
        if integer and self.node.value.lstrip("+-").isdigit():
            raise self.error(f"{self.name}: an integer beyond 64 bits")
        raise self.error(f"{self.name}: a text or an integer is wanted")

    def text(self) -> str:
        value = self.scalar()
        if not isinstance(value, str) or not value:
            raise self.error(f"{self.name}: {value!r}: a text is wanted")
        return value

    def choice(self, *allowed: str) -> str:
        """One of some words."""
        value = self.text()
        if value not in allowed:
            raise self.error(f"{self.name}: {value!r} is not one of {', '.join(allowed)}")
        return value

    def items(self) -> list[Value]:
        """The elements of a list; a single text counts as a list of one."""
        if isinstance(self.node, yaml.SequenceNode):
            return [Value(self.path, node, self.name) for node in self.node.value]
        if isinstance(self.node, yaml.ScalarNode):
            return [self]
        raise self.error(f"{self.name}: a list is wanted")

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.node, yaml.MappingNode)

    def fields(self) -> dict[str, Value]:
        """The entries of a mapping. Keys are texts, each there once."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.error(f"{self.name}: 'key: value' entries are wanted")
        found: dict[str, Value] = {}
        for key, node in self.node.value:
            entry = Value(self.path, key, self.name)
            name = entry.text()
            if name in found:
                raise entry.error(f"{name} stands there twice")
            found[name] = Value(self.path, node, name)
        return found

    def pairs(self) -> list[tuple[str, Value]]:
        """The entries of a mapping in order, whose keys may be numbers, such as 0x10; a key may come again."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.error(f"{self.name}: 'key: value' entries are wanted")
        found = [(Value(self.path, key, self.name), node) for key, node in self.node.value]
        return [(str(key.node.value), Value(self.path, node, str(key.scalar()))) for key, node in found]

    def only(self, *allowed: str) -> dict[str, Value]:
        """The entries of a mapping whose keys are all known."""
        fields = self.fields()
        for name, value in fields.items():
            if name not in allowed:
                raise value.error(f"unknown field {name!r}; there are {', '.join(allowed)}")
        return fields

    def plain(self) -> Plain:
        """The value with all that is in it: texts, lists and dictionaries, and true, false and null.

        Numbers stay texts: 1e-3 is one to a program and 37:50 is not, which YAML sees otherwise.

        Raises:
            YamlError: a key that is no text or stands there twice, a value with a type of its own or that holds itself.
        """
        try:
            return _plain(self.path, self.node, {})
        except RecursionError as error:
            raise YamlError(self.path, _TOO_DEEP) from error


_TOO_DEEP = "lists or entries are nested too deep"


def _error_at(path: Path, node: yaml.Node, text: str) -> YamlError:
    return YamlError(path, text, node.start_mark.line + 1, node.start_mark.column + 1)


def _plain(path: Path, node: yaml.Node, done: dict[int, Plain]) -> Plain:
    """As `Value.plain`; done: nodes that were read before, since an alias can name one many times."""
    if id(node) in done:
        return done[id(node)]
    found: Plain
    if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
        found = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _error_at(path, key, "a key is not plain text")
            if key.value in found:
                raise _error_at(path, key, f"key {key.value!r} is given twice")
            found[key.value] = _plain(path, value, done)
    elif isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
        found = [_plain(path, item, done) for item in node.value]
    elif isinstance(node, yaml.ScalarNode) and node.tag in _SCALARS:
        found = _PLAIN.get((node.tag, node.value), str(node.value))
    else:
        raise _error_at(path, node, f"could not determine a constructor for the tag {node.tag!r}")
    done[id(node)] = found
    return found


def compose_yaml(path: Path) -> Value | None:
    """The top of a YAML file; None if nothing is in it.

    Raises:
        OSError: the file cannot be read.
        YamlError: it is no YAML.
    """
    try:
        node = yaml.compose(read_plain(path), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else ()
        raise YamlError(path, error.problem or error.context or "no YAML", *place) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise YamlError(path, str(error).partition("\n")[0] or "no YAML") from error
    except RecursionError as error:
        raise YamlError(path, _TOO_DEEP) from error
    return None if node is None else Value(path, node, path.name)


def read_yaml(path: Path) -> Value:
    """The top of a YAML file.

    Raises:
        YamlError: no such file, it is no YAML, or nothing is in it.
    """
    try:
        top = compose_yaml(path)
    except OSError as error:
        raise YamlError(path, error.strerror or str(error)) from error
    if top is None:
        raise YamlError(path, "the file is empty")
    return top
