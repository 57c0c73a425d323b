"""Command line of the proofs, behind `make formal`."""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from fnmatch import fnmatchcase
from pathlib import Path

from formal.proof_report import ProofRecord, header, is_pass, summary, write
from formal.symbiyosys import OUT, PROVE, ProofPart, Verdict, parts, run, tool_environment
from t2c.common import command
from t2c.common.errors import SettingError, UserError
from t2c.common.options import add_options
from t2c.tb.catalogue.proof import Proof
from t2c.tb.catalogue.unit_registry import units


def all_proofs() -> list[Proof]:
    """Those of every unit, in the order of the units."""
    return [proof for unit in units().values() for proof in unit.proofs]


def chosen(pattern: str) -> list[Proof]:
    """The proofs whose unit/name, or whose unit, matches the pattern.

    Raises:
        SettingError: none does.
    """
    found = [proof for proof in all_proofs() if fnmatchcase(proof.id, pattern) or fnmatchcase(proof.unit, pattern)]
    if not found:
        names = ", ".join(proof.id for proof in all_proofs())
        raise SettingError("{only} = {pattern!r} matches none of {names}", {"pattern": pattern, "names": names})
    return found


def prove(proofs: Sequence[Proof], *, workers: int, out: Path, rtl: Path | None = None) -> Iterator[ProofRecord]:
    """Run all parts of all proofs, the proofs themselves first; give each proof's record when its last part is done."""
    jobs = sorted((part for proof in proofs for part in parts(proof)), key=lambda part: part.kind != PROVE)
    done: dict[ProofPart, Verdict] = {}
    stop = threading.Event()
    with ThreadPoolExecutor(workers) as pool:
        try:
            running = {pool.submit(run, part, out=out, rtl=rtl, stop=stop): part for part in jobs}
            for future in as_completed(running):
                done[running[future]] = future.result()
                proof = running[future].proof
                if all(part in done for part in parts(proof)):
                    yield ProofRecord(proof=proof, verdicts={part: done[part] for part in parts(proof)})
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise


def main() -> int:
    """Return 0 if every proof holds and every negative control is refuted, 1 otherwise."""
    parser = command.Parser(prog="formal", description="Prove the units, and refute each proof's negative controls.")
    add_options(parser, "formal", {"out": OUT})
    parser.add_argument("--rtl", type=Path, help="folder that takes the place of the units' RTL")
    options: argparse.Namespace = parser.parse_args()
    if options.workers < 1:
        raise SettingError.below("workers", options.workers, 1)
    proofs = chosen(options.only)
    tool_environment(options.out)
    result = options.out / "result.json"
    result.unlink(missing_ok=True)
    start = time.monotonic()
    records = []
    print(header(), flush=True)
    for record in prove(proofs, workers=options.workers, out=options.out.resolve(), rtl=options.rtl):
        records.append(record)
        print(record.row(), flush=True)
    seconds = time.monotonic() - start
    write(records, seconds, result)
    print(summary(records, seconds, options.workers))
    return 0 if is_pass(records) else 1


if __name__ == "__main__":
    command.run(main, extra=(UserError,))
