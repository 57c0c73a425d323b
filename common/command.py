"""What every command line of the project shares: a user's error is one line and exit status 2, never a traceback."""

from __future__ import annotations

import argparse
import contextlib
import errno
import os
import re
import sys
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import NoReturn

from t2c.common.errors import SettingError, UserError
from t2c.common.extras import advice
from t2c.common.interrupts import INTERRUPTS
from t2c.common.plugins import load_plugins
from t2c.common.shown import plain
from t2c.common.spelling import by_make, setting

USER_ERROR = 2
INTERRUPTED = 130
_EXPECTED: tuple[type[Exception], ...] = (
    ValueError,
    LookupError,
    NotImplementedError,
    OSError,
    MemoryError,
    UserError,
)
_FULL = (errno.ENOSPC, errno.EDQUOT)

_before = sys.excepthook


def _quiet(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Ctrl-C while modules are still imported is no traceback either."""
    if issubclass(kind, KeyboardInterrupt):
        print("interrupted", file=sys.stderr)
    else:
        _before(kind, error, trace)


sys.excepthook = _quiet


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaint is one line that names the option as it was given: --rows, or ROWS of make."""

    def error(self, message: str) -> NoReturn:
        text = re.sub("^argument ", "", message)
        if by_make():
            text = re.sub(r"^--([a-z-]+)", lambda found: setting(found[1].replace("-", "_")), text)
        self.exit(USER_ERROR, f"error: {text}\n")


def run(
    main: Callable[[], int], extra: tuple[type[Exception], ...] = (), spelled: Mapping[str, str] | None = None
) -> NoReturn:
    """Load plug-ins, run a command and leave with its status.

    Expected errors become one line on stderr and status 2, Ctrl-C and SIGTERM 130.

    Args:
        main: the command.
        extra: further exception types that are a user's to mend.
        spelled: settings that are not an option of their own name, and what they are.

    Set T2C_TRACEBACK=1 to see where such an error came from.
    """
    expected = _EXPECTED + extra
    asked_for = bool(os.environ.get("T2C_TRACEBACK"))
    try:
        INTERRUPTS.take()
        load_plugins()
        try:
            status: object = main()
        except SystemExit as ended:
            status = ended.code
        INTERRUPTS.over()
        sys.stdout.flush()
    except ModuleNotFoundError as error:
        mend = advice(error)
        if mend is None or asked_for:
            raise
        _leave(f"error: {mend}", USER_ERROR)
    except expected as error:
        if asked_for:
            raise
        _leave(f"error: {plain(_text(error, spelled))}", USER_ERROR)
    except KeyboardInterrupt:
        _leave("interrupted", INTERRUPTED)
    sys.exit(status)  # type: ignore[arg-type]  # as it came


def _leave(line: str, status: int) -> NoReturn:
    """Say why, and end; what stdout does not take is no traceback behind it."""
    INTERRUPTS.over()
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    with contextlib.suppress(OSError):
        print(line, file=sys.stderr, flush=True)
    sys.exit(status)


def _text(error: Exception, spelled: Mapping[str, str] | None) -> str:
    if isinstance(error, SettingError):
        return error.spelled(lambda name: setting(name, spelled))
    if isinstance(error, OSError) and error.errno in _FULL:
        return f"the disk is full: {error}"
    if isinstance(error, MemoryError):
        return f"this machine has too little memory: {error}" if str(error) else "this machine has too little memory"
    return str(error.args[0] if isinstance(error, LookupError) and error.args else error)
