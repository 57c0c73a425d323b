"""`make flows`: run the flows of docs/flows.md, or go on with them, and write its tables and plots.

What was done is kept under sim_build/flows, trial by trial, so a run that was broken off goes on where it was. `--only
jet_spq` runs some; `--page` runs none and writes what is there. A flow that was never finished says so on the page.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.flows.page import plots, sections
from benchmarks.page import machine, replaced
from t2c.common.atomic import write_atomic
from t2c.common.command import Parser, run
from t2c.common.errors import SettingError, UserError
from t2c.common.places import OUTPUT, ROOT
from t2c.flows.command import run_file

FLOWS = {
    path.stem: path
    for path in (
        ROOT / "examples" / "flows" / "jet_spq.yaml",
        ROOT / "benchmarks" / "flows" / "jet_orders.yaml",
        ROOT / "examples" / "flows" / "digits_bayes.yaml",
        ROOT / "examples" / "flows" / "resnet20_qp.yaml",
    )
}
"""By name, in the order of the page."""
PAGE = ROOT / "docs" / "flows.md"
RECORD = ROOT / "docs" / "flows.json"
"""Of each flow its result and the machine, from which the page is made."""


def main() -> int:
    """Run and write; the exit status is 1 if a finalist is not verified."""
    parser = Parser(prog="flows", description="Run the flows of docs/flows.md and write its tables and plots.")
    parser.add_argument("--workers", type=int, default=2, help="trials at a time")
    parser.add_argument("--kept", type=Path, default=OUTPUT / "flows", help="folder of what is done")
    parser.add_argument("--page", action="store_true", help="run nothing: write the page of what is there")
    parser.add_argument("--only", nargs="+", metavar="FLOW", help=", ".join(FLOWS))
    options = parser.parse_args()
    wanted = [] if options.page else options.only or list(FLOWS)
    for name in wanted:
        if name not in FLOWS:
            raise SettingError("only = {name!r} is not one of {known}", {"name": name, "known": ", ".join(FLOWS)})
    record: dict[str, Any] = json.loads(RECORD.read_text()) if RECORD.is_file() else {}
    for name in wanted:
        print(f"{name}: {FLOWS[name].relative_to(ROOT)}", file=sys.stderr, flush=True)
        _, result = run_file(FLOWS[name], options.kept, options.workers)
        found = json.loads(result.read_text().replace(f"{ROOT}/", ""))  # not where this clone is
        record[name] = {"machine": machine(), "result": found}
        write_atomic(RECORD, json.dumps(record, indent=1, sort_keys=True) + "\n")
    text = PAGE.read_text()
    for name, said in sections(record, FLOWS).items():
        text = replaced(text, name, said)
    for name, one in record.items():
        for file, (_, picture) in plots(name, one).items():
            write_atomic(PAGE.parent / file, picture)
    write_atomic(PAGE, text)
    wrong = [name for name, one in record.items() if not _verified(one["result"])]
    print(f"{PAGE.relative_to(ROOT)}" + (f"; not verified: {', '.join(wrong)}" if wrong else ""))
    return 1 if wrong else 0


def _verified(result: dict[str, Any]) -> bool:
    finalists = result["finalists"]
    return all(any(m["name"] == "verified" and m["value"] == 1 for m in one["metrics"]) for one in finalists)


if __name__ == "__main__":
    run(main, extra=(UserError,))
