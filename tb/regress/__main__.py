"""`python -m t2c.tb.regress`, behind `make regress`."""

from __future__ import annotations

import contextlib
import sys

from t2c.common.command import run
from t2c.common.errors import UserError
from t2c.tb.regress.unfinished import mark_unfinished


def main() -> int:
    """Run the command line; that something is not installed is a user's to mend."""
    mark_unfinished(sys.argv[1:])
    try:
        from t2c.tb.regress.command import main as regress

        return regress()
    except (UserError, ValueError, LookupError, NotImplementedError, OSError) as error:
        mark_unfinished(sys.argv[1:], f"refused: {error}")
        raise
    except SystemExit as error:
        if error.code not in (0, 1, None):
            mark_unfinished(sys.argv[1:], "refused: the options are wrong; see the command's output")
        raise


if __name__ == "__main__":
    with contextlib.suppress(OSError):
        mark_unfinished(sys.argv[1:])  # a plug-in that cannot be loaded ends the command before `main`
    run(main, extra=(UserError,))
