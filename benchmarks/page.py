"""docs/benchmarks.md and other pages: what each bench command printed last, between two comments of its own."""

from __future__ import annotations

import contextlib
import datetime
import io
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

from t2c.common.atomic import write_atomic
from t2c.common.errors import UserError
from t2c.common.places import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"


def machine() -> str:
    """What a figure depends on besides the code: processor, how many, system, date; nothing that names this machine."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    processor = names[0] if names else platform.processor() or platform.machine()
    python = f"{platform.system()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} x {processor}, {python}, {datetime.date.today().isoformat()}"


def replaced(page: str, name: str, body: str) -> str:
    """The page with another body between the comments of one command.

    Raises:
        UserError: the page does not have both, once and in this order.

    >>> replaced("a\\n<!-- x: begin -->\\nold\\n<!-- x: end -->\\n", "x", "new")
    'a\\n<!-- x: begin -->\\nnew\\n<!-- x: end -->\\n'
    """
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    head, found, rest = page.partition(begin)
    _, also, tail = rest.partition(end)
    if not (found and also) or begin in rest or end in tail:
        raise UserError(f"the page does not have {begin.strip()} and {end}, once and in this order")
    return f"{head}{begin}{body}\n{end}{tail}"


class _Tee(io.TextIOBase):
    """Prints, and keeps what was printed."""

    def __init__(self, stream: io.TextIOBase) -> None:
        self.stream, self.kept = stream, io.StringIO()

    def write(self, text: str) -> int:
        self.kept.write(text)
        return self.stream.write(text)

    def flush(self) -> None:
        self.stream.flush()


@contextlib.contextmanager
def recorded(name: str, write: bool, *, fenced: bool = True, page: Path | None = None) -> Iterator[None]:
    """Put what is printed in the block on the page, whole or not at all; nothing if the block fails.

    Args:
        name: of the make target.
        write: False prints only.
        fenced: what is printed is text; otherwise Markdown.
        page: that has the block; docs/benchmarks.md if None.

    Raises:
        UserError: see `replaced`, before anything is measured.
    """
    if not write:
        yield
        return
    page = page or PAGE
    replaced(page.read_text(), name, "")
    tee = _Tee(sys.stdout)  # type: ignore[arg-type]
    with contextlib.redirect_stdout(tee):
        yield
    text = tee.kept.getvalue().strip("\n")
    body = f"```text\n{text}\n```" if fenced else text
    write_atomic(page, replaced(page.read_text(), name, f"`make {name}` on {machine()}:\n\n{body}"))
