"""Read a YAML file field by field; every complaint names the file and the line."""

from __future__ import annotations

from pathlib import Path

import yaml

from t2c.common.errors import UserError

_WORDS = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "bool", "float", "timestamp", "merge")}
"""What is a text here: ports may be called `on` or `off`, which YAML takes for booleans."""
_INTEGER, _DIGITS = "tag:yaml.org,2002:int", 80


class DescriptionError(UserError):
    """A description that cannot be used; the message begins with file:line."""


class Value:
    """One value of a YAML file and where it stands."""

    def __init__(self, path: Path, node: yaml.Node, name: str) -> None:
        self.path, self.node, self.name = path, node, name

    def error(self, text: str) -> DescriptionError:
        return DescriptionError(f"{self.path}:{self.node.start_mark.line + 1}: {text}")

    def scalar(self) -> str | int:
        """A text or an integer."""
        if isinstance(self.node, yaml.ScalarNode) and self.node.tag in _WORDS:
            return str(self.node.value)
        if isinstance(self.node, yaml.ScalarNode) and self.node.tag == _INTEGER and len(self.node.value) <= _DIGITS:
            try:
                value = yaml.SafeLoader("").construct_yaml_int(self.node)
            except ValueError:
                value = None
            if isinstance(value, int) and abs(value) < 1 << 64:
                return value
        if self.node.tag == _INTEGER and self.node.value.lstrip("+-").isdigit():
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

    def only(self, *allowed: str) -> dict[str, Value]:
        """The entries of a mapping whose keys are all known."""
        fields = self.fields()
        for name, value in fields.items():
            if name not in allowed:
                raise value.error(f"unknown field {name!r}; there are {', '.join(allowed)}")
        return fields


def read_yaml(path: Path) -> Value:
    """The top of a YAML file.

    Raises:
        DescriptionError: no such file, or it is no YAML.
    """
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no UTF-8 text"
        raise DescriptionError(f"{path}: {reason}") from error
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise DescriptionError(f"{path}{line}: {getattr(error, 'problem', None) or 'no YAML'}") from error
    except RecursionError as error:
        raise DescriptionError(f"{path}: lists or entries are nested too deep") from error
    if node is None:
        raise DescriptionError(f"{path}: the file is empty")
    return Value(path, node, path.name)
