"""Experiments in YAML: options of all commands in one file, read strictly.

The file is a mapping: common keys, which every command takes that has such an option, and a section per command. A
key is an option's name with `_` for `-`. Values are read as they would be on the command line, so that 1e-3 is a number
and 37:50 is not one, which plain YAML sees otherwise; only true, false and null mean something by themselves.
"""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from t2c.commands.values import Repeated
from t2c.common.strict_yaml import YamlError, compose_yaml


class ConfigError(ValueError):
    """A configuration file that cannot be used; the message names the file and the key."""


def _load(path: str) -> object:
    try:
        top = compose_yaml(Path(path))
        return top and top.plain()
    except YamlError as error:
        where = f"line {error.line}, column {error.column}" if error.line else "not YAML"
        raise ConfigError(f"{path}: {where}: {error.problem}") from error


def options_of(parser: argparse.ArgumentParser) -> dict[str, argparse.Action]:
    """The options of a parser by their key in a file: the first long name, or the name of a positional argument."""
    options = {}
    for action in parser._actions:
        if action.default is argparse.SUPPRESS or action.dest == "config":
            continue
        long = [name for name in action.option_strings if name.startswith("--")]
        options[long[0][2:].replace("-", "_") if long else action.dest] = action
    return options


def _convert(place: str, action: argparse.Action, value: object) -> Any:
    """One value of the file as the option would have it; raise ConfigError."""
    if value is None:
        raise ConfigError(f"{place}: it has no value")
    if action.nargs == 0:
        if not isinstance(value, bool):
            raise ConfigError(f"{place}: {value!r} is not true or false")
        if isinstance(action, argparse.BooleanOptionalAction):
            return value
        return action.const if value else action.default
    if action.nargs in (None, "?") and not isinstance(action, Repeated):
        return _scalar(place, action, value)
    if not isinstance(value, list):
        raise ConfigError(f"{place}: {value!r} is not a list")
    if not value and action.nargs == "+":
        raise ConfigError(f"{place}: the list is empty")
    if isinstance(action.nargs, int) and len(value) != action.nargs:
        raise ConfigError(f"{place}: {len(value)} values where {action.nargs} are wanted")
    return [_scalar(f"{place}[{index}]", action, item) for index, item in enumerate(value)]


def _scalar(place: str, action: argparse.Action, value: object) -> Any:
    kind: Any = action.type or str
    name = getattr(kind, "__name__", str(kind))
    if not isinstance(value, str):
        raise ConfigError(f"{place}: {_kind_of(value)} is not {'text' if kind is str else f'one {name}'}")
    try:
        converted = kind(value)
    except argparse.ArgumentTypeError as error:
        raise ConfigError(f"{place}: {error}") from error
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{place}: invalid {name} value: {value!r}") from error
    if action.choices is not None and converted not in action.choices:
        raise ConfigError(f"{place}: {value!r} is not one of {', '.join(map(str, action.choices))}")
    return converted


def _kind_of(value: object) -> str:
    """What a value that is not text is called in a message."""
    kinds = {bool: str(value).lower(), type(None): "null", list: "a list", dict: "a mapping"}
    return kinds.get(type(value), repr(value))


def _unknown(place: str, key: str, known: Collection[str]) -> ConfigError:
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.7)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known)) or 'none'}"
    return ConfigError(f"{place}: unknown key; {hint}")


@dataclass(frozen=True)
class Experiment:
    """path: of the file; common: keys on top; sections: by command. Values are text, bool, None, list or dict."""

    path: str
    common: Mapping[str, object]
    sections: Mapping[str, Mapping[str, object]]

    @classmethod
    def read(cls, path: str, commands: Collection[str]) -> Experiment:
        """Read a file.

        Raises:
            OSError: the file cannot be read.
            ConfigError: not YAML, a repeated key, or not a mapping of keys and sections.
        """
        document = _load(path)
        if not isinstance(document, dict) or not document:
            raise ConfigError(f"{path}: not a mapping of keys to values")
        sections: dict[str, Mapping[str, object]] = {}
        for name in [key for key in document if key in commands]:
            section = document.pop(name)
            if section is not None and not isinstance(section, dict):
                raise ConfigError(f"{path}: {name}: not a section of keys and values")
            sections[name] = section or {}
        for key, value in document.items():
            if isinstance(value, dict):
                raise ConfigError(f"{path}: {key}: not a command; the sections are {', '.join(commands)}")
        return cls(path=path, common=document, sections=sections)

    def set_defaults(
        self, name: str, parser: argparse.ArgumentParser, others: Mapping[str, argparse.ArgumentParser]
    ) -> None:
        """Make the values for a command the defaults of its options; the whole file is checked first.

        Args:
            name: the command.
            parser: its parser, which is changed.
            others: those of the other commands.

        Raises:
            ConfigError: an unknown key or a value of the wrong type, anywhere in the file.
        """
        tables = {command: options_of(one) for command, one in ({name: parser} | dict(others)).items()}
        known = {key for table in tables.values() for key in table}
        for key in self.common:
            if key not in known:
                raise _unknown(f"{self.path}: {key}", key, known)
        values = {command: self._values(command, table) for command, table in tables.items()}
        for key, value in values[name].items():
            action = tables[name][key]
            if not action.option_strings and action.nargs is None:
                action.nargs = "?"
            action.required = False
            action.default = value

    def _values(self, command: str, table: Mapping[str, argparse.Action]) -> dict[str, Any]:
        section = self.sections.get(command, {})
        for key in section:
            if key not in table:
                raise _unknown(f"{self.path}: {command}.{key}", key, table)
        given = {key: (f"{self.path}: {key}", value) for key, value in self.common.items() if key in table}
        given |= {key: (f"{self.path}: {command}.{key}", value) for key, value in section.items()}
        return {key: _convert(place, table[key], value) for key, (place, value) in given.items()}
