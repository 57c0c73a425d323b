"""make oracle: every operation of golden against implementations that no one here wrote; 1 on a mismatch."""

from __future__ import annotations

import os

for pool in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # read when torch and NumPy are first imported
    os.environ.setdefault(pool, "1")

import sys  # noqa: E402
from collections.abc import Sequence  # noqa: E402
from fnmatch import fnmatchcase  # noqa: E402

from oracle.check import CheckOutcome, run_check  # noqa: E402
from oracle.registry import all_checks  # noqa: E402
from t2c.common.command import Parser, run  # noqa: E402
from t2c.common.errors import SettingError, UserError  # noqa: E402
from t2c.common.options import add_options  # noqa: E402

HEAD = "{:32} {:47} {:>11} {:10} {:>10} {:>7}  {}"


def row(outcome: CheckOutcome) -> str:
    """Return the line of the table, and below it the first mismatch where there is one."""
    check = outcome.check
    text = HEAD.format(
        check.name,
        check.stranger,
        f"{outcome.compared:,}",
        check.inputs,
        f"{outcome.mismatches:,}",
        f"{outcome.seconds:.1f}",
        check.domain,
    )
    lines = [text, *(f"  {line}" for line in tally(outcome))]
    return "\n".join(lines if outcome.passed else [*lines, f"  {outcome.first}"])


def tally(outcome: CheckOutcome) -> list[str]:
    """How many batches were compared and how many were not, and why, where a check has a noun for them."""
    if not outcome.check.noun:
        return []
    reasons = [f"  {count:,}: {reason}" for reason, count in sorted(outcome.refused.items())]
    return [totals(outcome.check.noun, [outcome]), *reasons]


def totals(noun: str, outcomes: Sequence[CheckOutcome]) -> str:
    """The same of several checks that call them alike, without why."""
    refused = sum(sum(outcome.refused.values()) for outcome in outcomes)
    return f"{sum(outcome.batches for outcome in outcomes):,} {noun} compared, {refused:,} not applicable"


def main(arguments: list[str]) -> int:
    """Run the checks that `--only` names; return 1 where one differs or compares nothing.

    Raises:
        SettingError: no check has such a name, or the cases or the seed are out of range.
    """
    parser = Parser(prog="oracle")
    add_options(parser, "oracle")
    given = parser.parse_args(arguments)
    if given.cases < 1:
        raise SettingError("{cases} = {given} is not positive", {"given": given.cases})
    if given.seed < 0:
        raise SettingError("{seed} = {given} is negative", {"given": given.seed})
    checks = all_checks()
    chosen = [check for check in checks if fnmatchcase(check.name, given.only)]
    if not chosen:
        names = ", ".join(check.name for check in checks)
        raise SettingError(
            "{only} = {given!r} matches no check; there are {names}", {"given": given.only, "names": names}
        )
    print(HEAD.format("check", "stranger", "cases", "inputs", "mismatches", "CPU s", "domain"))
    outcomes = []
    for check in chosen:
        outcomes.append(run_check(check, cases=given.cases, seed=given.seed))
        print(row(outcomes[-1]), flush=True)
        if not outcomes[-1].passed:
            print(f"  replay: make oracle ONLY='{check.name}' SEED={given.seed} CASES={given.cases}", flush=True)
    failed = [outcome for outcome in outcomes if not outcome.passed]
    compared, seconds = sum(o.compared for o in outcomes), sum(o.seconds for o in outcomes)
    print(f"\n{len(chosen)} checks, {compared:,} output values compared, {seconds:.0f} s of CPU; {len(failed)} failed")
    for noun in dict.fromkeys(outcome.check.noun for outcome in outcomes if outcome.check.noun):
        print(totals(noun, [outcome for outcome in outcomes if outcome.check.noun == noun]))
    print(f"verdict  {'FAIL' if failed else 'PASS'}")
    return 1 if failed else 0


if __name__ == "__main__":
    run(lambda: main(sys.argv[1:]), extra=(UserError,))
