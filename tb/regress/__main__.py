"""`python -m t2c.tb.regress`, behind `make regress`."""

from __future__ import annotations

from t2c.common.command import run
from t2c.common.errors import UserError


def main() -> int:
    """Run the command line; that something is not installed is a user's to mend."""
    from t2c.tb.regress.command import main as regress

    return regress()


if __name__ == "__main__":
    run(main, extra=(UserError,))
