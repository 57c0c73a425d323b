"""What is found by name and lies in files of its own: ours in one package, those of others in plug-ins."""

from __future__ import annotations

import importlib
import pkgutil
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from t2c.common.plugins import load_plugins

T = TypeVar("T")
V = TypeVar("V")


class Registry(Generic[T]):
    """Classes or functions by name. A file of `home` registers its own when it is imported, at the first lookup.

    Args:
        what: what an entry is, for messages, such as "a kind of node".
        home: the package whose files, all of them, register ours.
    """

    def __init__(self, what: str, home: str) -> None:
        self.what, self.home = what, home
        self._entries: dict[str, T] = {}
        self._at_home = False
        self._lock = threading.RLock()

    def __call__(self, name: str) -> Callable[[V], V]:
        """Return a decorator that registers what it decorates, a T, under a name; errors as `register`."""

        def decorate(value: V) -> V:
            self.register(name, value)  # type: ignore[arg-type]
            return value

        return decorate

    def register(self, name: str, value: T) -> None:
        """Add an entry; a module that is imported anew replaces its own.

        Raises:
            TypeError: neither a class nor a function, which know where they were written.
            ValueError: another module has registered the name.
        """
        if not hasattr(value, "__qualname__"):
            raise TypeError(f"{self.what} {name!r}: {value!r} is neither a class nor a function")
        where = _place(value)
        if not self._is_ours(value):
            self._import_home()
        if name in self._entries and _place(self._entries[name]) != where:
            raise ValueError(f"{self.what} {name!r} of {where}: {_place(self._entries[name])} has registered the name")
        self._entries[name] = value

    def find(self, name: str) -> T | None:
        """Return the entry of a name; None if there is none, with plug-ins loaded.

        Raises:
            UserError: a plug-in cannot be imported; they are only asked for names that are not ours.
        """
        self._import_home()
        if name not in self._entries:
            load_plugins()
        return self._entries.get(name)

    def names(self) -> tuple[str, ...]:
        """The names of all entries, plug-ins loaded: ours in order of the alphabet, then others. Errors as `find`."""
        self._import_home()
        load_plugins()
        return tuple(sorted(self._entries, key=lambda name: (not self._is_ours(self._entries[name]), name)))

    def _is_ours(self, value: T) -> bool:
        return _place(value).startswith(f"{self.home}.")

    def _import_home(self) -> None:
        with self._lock:  # another thread waits until all are there
            if self._at_home:
                return
            self._at_home = True
            try:
                package = importlib.import_module(self.home)
                for module in pkgutil.iter_modules(package.__path__):
                    importlib.import_module(f"{self.home}.{module.name}")
            except BaseException:
                self._at_home = False
                raise


def _place(value: Any) -> str:
    return f"{value.__module__}.{value.__qualname__}"
