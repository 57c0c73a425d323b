"""What every command line of the project shares: a user's error is one line and exit status 2, never a traceback."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable
from typing import NoReturn

from t2c.common.errors import UserError
from t2c.common.plugins import load_plugins

USER_ERROR = 2
INTERRUPTED = 130
_EXPECTED: tuple[type[Exception], ...] = (
    ValueError,
    LookupError,
    NotImplementedError,
    OSError,
    UserError,
)


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaint is one line that names the variable as the Makefile does."""

    def error(self, message: str) -> NoReturn:
        named = re.sub(r"^argument --([a-z-]+)", lambda found: found[1].upper().replace("-", "_"), message)
        self.exit(USER_ERROR, f"error: {named}\n")


def run(main: Callable[[], int], extra: tuple[type[Exception], ...] = ()) -> NoReturn:
    """Load plug-ins, run a command and leave with its status.

    Expected errors become one line on stderr and status 2, Ctrl-C 130.

    Args:
        main: the command.
        extra: further exception types that are a user's to mend.

    Set T2C_TRACEBACK=1 to see where such an error came from.
    """
    expected = _EXPECTED + extra
    try:
        load_plugins()
        sys.exit(main())
    except expected as error:
        if os.environ.get("T2C_TRACEBACK"):
            raise
        text = error.args[0] if isinstance(error, LookupError) and error.args else error
        print(f"error: {' '.join(str(text).split())}", file=sys.stderr)
        sys.exit(USER_ERROR)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
