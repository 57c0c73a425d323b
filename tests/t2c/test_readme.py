"""The README's five lines: their form. tests/docs follows the whole page, these lines as printed."""

from __future__ import annotations

import re

from tests.conftest import ROOT


def test_the_paper_s_call_takes_five_lines() -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert len(blocks) == 1
    lines = [line for line in blocks[0].splitlines() if line and not line.startswith(("from ", "import "))]
    assert len(lines) <= 5
    assert [word in blocks[0] for word in ("TRAINER[", "NetFuser", "nn2chip(save_model=True)")] == [True] * 3
