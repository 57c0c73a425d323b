"""The page of a flow as a file beside its result."""

from __future__ import annotations

import json
from pathlib import Path

from t2c.common.atomic import write_atomic
from t2c.flows.report.page import report_page

PAGE = "report.html"


def write_page(result: Path) -> Path:
    """Write the page of a result.json into its folder, and return where; errors as `report_page`."""
    path = result.parent / PAGE
    write_atomic(path, report_page(json.loads(result.read_text())))
    return path
