"""What mutmut has found, as JSON: run in its workspace, since it knows only the folder in which it is called."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code


def main() -> None:
    """Print every mutant: name, status, and for those that no test kills the lines before and after."""
    found: list[dict[str, Any]] = []
    for meta in sorted(Path("mutants").rglob("*.py.meta")):
        source = str(meta.relative_to("mutants")).removesuffix(".meta")
        for name, code in json.loads(meta.read_text())["exit_code_by_key"].items():
            status = status_by_exit_code[code]
            mutant = {"name": name, "status": status}
            if status in ("survived", "no tests"):
                changed = get_diff_for_mutant(name, path=source).splitlines()[2:]
                for key, sign in (("before", "-"), ("after", "+")):
                    mutant[key] = " ".join(line[1:].strip() for line in changed if line.startswith(sign))
            found.append(mutant)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
