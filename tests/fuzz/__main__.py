"""make fuzz: damaged packages, descriptions, tables and folders of images; 1 if one is neither refused nor whole."""

from __future__ import annotations

import os

for pool in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # a thread has a stack, and memory is counted
    os.environ.setdefault(pool, "1")

import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from collections import Counter  # noqa: E402
from pathlib import Path  # noqa: E402

from t2c.common.command import Parser, run  # noqa: E402
from t2c.common.errors import SettingError, UserError  # noqa: E402
from t2c.common.options import add_options  # noqa: E402
from tests.fuzz.campaign import run_campaign  # noqa: E402
from tests.fuzz.case import FAILED, Answer, Origins, run_case  # noqa: E402
from tests.fuzz.doors import SHARES  # noqa: E402

SHOWN = 5
"""Failures that are told in full."""


def main(arguments: list[str]) -> int:
    """Run the cases; 0 if none failed."""
    parser = Parser(prog="fuzz")
    add_options(parser, "fuzz")
    given = parser.parse_args(arguments)
    for name in ("cases", "workers"):
        if getattr(given, name) < 1:
            raise SettingError.below(name, getattr(given, name), 1)
    names = _doors(given.doors)
    if given.case >= 0:
        return _replay(given.seed, given.case, given.out, names)
    started, counts, failed = time.perf_counter(), Counter[tuple[str, str]](), list[Answer]()
    with tempfile.TemporaryDirectory(prefix="t2c-fuzz-") as scratch:
        for answer in run_campaign(given.seed, given.cases, given.workers, Path(scratch), names):
            counts[answer.door, answer.outcome] += 1
            if answer.outcome == FAILED:
                failed.append(answer)
                if len(failed) <= SHOWN:
                    print("\n".join(_told(answer, given.seed, given.doors)), flush=True)
    seconds = time.perf_counter() - started
    for (door, outcome), count in sorted(counts.items()):
        print(f"{door:12} {count:>8,} {outcome}")
    total = sum(counts.values())
    print(f"{total:,} cases in {seconds:.0f} s, {total / seconds:.0f} a second; {len(failed)} failed")
    print(f"verdict  {'FAIL' if failed or total != given.cases else 'PASS'}")
    return 1 if failed or total != given.cases else 0


def _doors(text: str) -> tuple[str, ...]:
    """Names of doors, none for all; raise SettingError for another."""
    names = () if text == "all" else tuple(part.strip() for part in text.split(","))
    for name in names:
        if name not in SHARES:
            raise SettingError("{doors} = {name!r} is none of {known}", {"name": name, "known": ", ".join(SHARES)})
    return names


def _told(answer: Answer, seed: int, doors: str) -> list[str]:
    chosen = "" if doors == "all" else f" DOORS={doors}"
    replay = f"make fuzz SEED={seed}{chosen} CASE={answer.number}"
    return [f"case {answer.number}, {answer.door}: {answer.text.rstrip()}", f"  replay: {replay}"]


def _replay(seed: int, number: int, out: Path, names: tuple[str, ...]) -> int:
    """Run one case here and leave its files."""
    folder = out / f"{seed}-{number}"
    with tempfile.TemporaryDirectory(prefix="t2c-fuzz-") as scratch:
        answer = run_case(seed, number, Origins.make(Path(scratch), names), folder)
    print(f"case {number}, {answer.door}: {answer.outcome} {answer.text}\nits files are in {folder}")
    return int(answer.outcome == FAILED)


if __name__ == "__main__":
    run(lambda: main(sys.argv[1:]), extra=(UserError,))
