"""Errors that a user can mend; the command line prints them as one line and exits with status 2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class UserError(Exception):
    """A request that cannot be served as given; the message says what to change."""


class _Names(dict[str, Any]):
    """Values of a message; what is not among them is the name of a setting."""

    def __init__(self, values: dict[str, Any], spell: Callable[[str], str]) -> None:
        super().__init__(values)
        self._spell = spell

    def __missing__(self, name: str) -> str:
        return self._spell(name)


class SettingError(UserError):
    """A setting cannot be served as given. The message names settings as Python does; a command line may spell them.

    Args:
        template: the message, for `str.format`; {fields} that are not in `values` are names of settings.
        values: what else the message tells, put in as it is.

    >>> error = SettingError("{first_image} = {value!r} is odd", {"value": "{x}"})
    >>> str(error), error.spelled(str.upper)
    ("first_image = '{x}' is odd", "FIRST_IMAGE = '{x}' is odd")
    """

    def __init__(self, template: str, values: dict[str, Any] | None = None) -> None:
        super().__init__(template, values or {})

    @classmethod
    def below(cls, name: str, value: int, least: int) -> SettingError:
        """The error of a number that is too small."""
        return cls("{" + name + "} = {value} is below {least}", {"value": value, "least": least})

    def spelled(self, spell: Callable[[str], str]) -> str:
        """The message with every setting's name as `spell` gives it."""
        template, values = self.args
        return str(template).format_map(_Names(values, spell))

    def __str__(self) -> str:
        return self.spelled(str)


class SimulatorError(UserError):
    """A simulator is missing, too old or cannot build."""


class NoSimulatorError(SettingError, SimulatorError):
    """No simulator has such a name; the message lists those that there are."""
