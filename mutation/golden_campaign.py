"""Mutants of golden: mutmut changes it line by line, golden's own tests must notice; survivors are argued by hand."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from mutation.arguments import codes, table_rows
from mutation.golden_workspace import BODY, MUTATED, make_workspace
from mutation.kill_table import put_row, rate
from t2c.common.errors import UserError
from t2c.common.process_group import run_in_group
from t2c.common.text_table import markdown_row

GOLDEN = "golden"
PAGE = "golden.md"
_SURVIVED = ("survived", "no tests")
_NOT_JUDGED = ("not checked", "check was interrupted by user", "suspicious", "skipped")
_NAME = re.compile(r"t2c\.golden\.(?P<module>.*)\.x(?:ǁ(?P<owner>\w+)ǁ|_)(?P<function>\w+?)__mutmut_\d+")


@dataclass(frozen=True, kw_only=True)
class GoldenMutant:
    """A changed line of golden that no test notices. function: with its module and class; before, after: the line."""

    function: str
    before: str
    after: str

    @property
    def row(self) -> str:
        """As the table of arguments has it, but for the argument."""
        return markdown_row((f"`{self.function}`", f"`{self.before}`", f"`{self.after}`", ""))


@dataclass(frozen=True, kw_only=True)
class GoldenArgument:
    """Why changes of a line make no difference. after: all of those changes."""

    function: str
    before: str
    after: tuple[str, ...]
    why: str


def function_of(name: str) -> str:
    """What mutmut's name of a mutant says of the function.

    >>> function_of("t2c.golden.arithmetic.conv.xǁConvKernelǁsums__mutmut_31")
    'arithmetic.conv.ConvKernel.sums'
    >>> function_of("t2c.golden.arithmetic.gemm.x_gemm__mutmut_1")
    'arithmetic.gemm.gemm'
    """
    found = _NAME.fullmatch(name)
    if not found:
        raise ValueError(f"{name!r} is no mutant of golden")
    return ".".join(filter(None, (found["module"], found["owner"], found["function"].removeprefix(BODY))))


def golden_arguments(docs: Path) -> list[GoldenArgument]:
    """The rows of docs/mutation/golden.md: | function | line | becomes | why |.

    Raises:
        ValueError: a row that is no argument.
    """
    path = docs / "mutation" / PAGE
    found = []
    for function, before, after, why in table_rows(path.read_text(), 4) if path.is_file() else ():
        changes = codes(after)
        if not (changes and why and codes(function) and codes(before)):
            raise ValueError(f"{PAGE}: no argument: {function} | {before} | {after} | {why}")
        found.append(GoldenArgument(function=codes(function)[0], before=codes(before)[0], after=changes, why=why))
    return found


def unargued(
    survivors: Iterable[GoldenMutant], arguments: Sequence[GoldenArgument]
) -> tuple[list[GoldenMutant], list[str]]:
    """The survivors that no argument is about, and what is argued of lines and changes that are no survivors."""
    left, used = [], set()
    known = {(a.function, a.before, after) for a in arguments for after in a.after}
    for mutant in survivors:
        key = (mutant.function, mutant.before, mutant.after)
        if key in known:
            used.add(key)
        else:
            left.append(mutant)
    return left, [f"{function}: {before} -> {after}" for function, before, after in sorted(known - used)]


def run_golden(output: Path, docs: Path, workers: int, rows: list[str], *, write: bool) -> int:
    """Run mutmut on golden, or go on where it stopped; print every survivor that is not argued, and stale arguments.

    Args:
        output: folder of all simulation output.
        docs: folder with mutation.md.
        workers: tests at a time.
        rows: gets the line of the overview.
        write: write that line to mutation.md.

    Returns:
        0 if every survivor is argued and every argument is of a survivor, 1 otherwise.

    Raises:
        UserError: mutmut is missing, or its tests fail without a mutant.
    """
    if find_spec("mutmut") is None:
        raise UserError("the Python package mutmut is missing: 'make mutate' installs it")
    arguments = golden_arguments(docs)
    folder = output / "mutate" / GOLDEN
    make_workspace(folder)
    started = time.perf_counter()
    _judge_again(folder / "mutants")
    log = folder / "mutmut.log"
    print(f"mutmut runs tests/golden on mutants of {' and '.join(MUTATED)}; see {log}", flush=True)
    with log.open("w") as file:
        words = [str(Path(sys.executable).with_name("mutmut")), "run", "--max-children", str(workers)]
        done = run_in_group(words, cwd=folder, stdout=file, stderr=subprocess.STDOUT)
    found = json.loads(_python(folder, "mutation.mutmut_results"))
    if done.returncode or not found or any(mutant["status"] in _NOT_JUDGED for mutant in found):
        raise UserError(f"mutmut came to no end: see {log}")
    survivors = [
        GoldenMutant(function=function_of(mutant["name"]), before=mutant["before"], after=mutant["after"])
        for mutant in found
        if mutant["status"] in _SURVIVED
    ]
    left, stale = unargued(survivors, arguments)
    killed, argued = len(found) - len(survivors), len(survivors) - len(left)
    row = markdown_row(
        (f"[{GOLDEN}](mutation/{PAGE})", len(found), killed, rate(killed, len(found)), "`tests/golden`", "", argued,
         len(left), "")
    )  # fmt: skip
    rows.append(row)
    for line in [*(f"survived     {mutant.row}" for mutant in left), *(f"stale        {text}" for text in stale)]:
        print(line)
    print(f"{'unit':<12} {GOLDEN}, by mutmut {version('mutmut')}")
    print(f"{'mutants':<12} {len(found)}")
    print(f"{'killed':<12} {killed}")
    print(f"{'argued':<12} {argued}")
    print(f"{'unexplained':<12} {len(left)}, and {len(stale)} stale arguments")
    print(f"{'time':<12} {time.perf_counter() - started:.0f} s")
    if write and not left and not stale:
        put_row(docs, GOLDEN, row)
    print(f"{'verdict':<12} {'FAIL' if left or stale else 'PASS'}")
    return 1 if left or stale else 0


def _judge_again(mutants: Path) -> None:
    """Forget who survived, and which test reaches which function: the tests may be others now."""
    (mutants / "mutmut-stats.json").unlink(missing_ok=True)
    for meta in mutants.rglob("*.py.meta") if mutants.is_dir() else ():
        known = json.loads(meta.read_text())
        codes_of = known["exit_code_by_key"]
        known["exit_code_by_key"] = {name: code if code not in (0, 5, 33) else None for name, code in codes_of.items()}
        meta.write_text(json.dumps(known))


def _python(folder: Path, module: str) -> str:
    """What a module of ours prints in that folder."""
    path = Path(__file__).with_name(f"{module.rpartition('.')[2]}.py")
    done = subprocess.run([sys.executable, path], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(f"{module}: {done.stderr.strip().splitlines()[-1]}")
    return done.stdout
