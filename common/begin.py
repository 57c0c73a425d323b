"""`python -I -S t2c/common/begin.py TARGET`: how a recipe of the Makefile starts Python.

That takes a tenth of a second. Both signals wait from the first moment on, across exec too, until the command knows
what to do with them (common/interrupts.py); before that they would be a traceback. So nothing is imported here but what
is built in.
"""

import _signal  # type: ignore[import-not-found]
import posix
import sys

if __name__ == "__main__":
    _signal.pthread_sigmask(_signal.SIG_BLOCK, (_signal.SIGINT, _signal.SIGTERM))
    posix.execv(sys.executable, [sys.executable, "-m", "t2c.common.make", *sys.argv[1:]])
