"""`make results`: make every row of the results table, several at a time, and write docs/results.md.

A finished row is kept under sim_build/results and is not made again as long as the sources that it depends on are the
same, so a run that was broken off goes on where it was.
"""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from hashlib import sha256
from pathlib import Path

from tqdm import tqdm

from benchmarks.results.measure import Figures, measure, measure_float
from benchmarks.results.rows import NETWORKS, all_rows
from benchmarks.results.table import page
from benchmarks.results.transformers import measure_transformers
from t2c.common.atomic import write_atomic
from t2c.common.command import Parser, run

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("golden", "t2c", "benchmarks/results", "constraints.txt")
APART = ("t2c/commands", "t2c/examples", "t2c/exports/onnx", "t2c/exports/native", "benchmarks/results/table.py")
"""What no figure depends on."""


def fingerprint() -> str:
    """A digest of every source that figures depend on."""
    digest = sha256()
    for source in SOURCES:
        place = ROOT / source
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(APART):
                digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


class Kept:
    """Finished figures as files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def load(self, name: str) -> Figures | None:
        path = self.folder / f"{name}.json"
        return json.loads(path.read_text()) if path.is_file() else None

    def save(self, name: str, figures: Figures) -> None:
        write_atomic(self.folder / f"{name}.json", json.dumps(figures, indent=2) + "\n")


def make(pool: ProcessPoolExecutor, kept: Kept, jobs: dict[str, tuple[Callable[..., Figures], object]]) -> None:
    """Run the jobs that are not kept yet, each as call(argument, folder); keep every result as it comes."""
    open_jobs = {name: job for name, job in jobs.items() if kept.load(name) is None}
    futures = {pool.submit(call, argument, kept.folder): name for name, (call, argument) in open_jobs.items()}
    done = len(jobs) - len(futures)
    with tqdm(total=len(jobs), initial=done, unit="row") as bar:
        for future in as_completed(futures):
            name, figures = futures[future], future.result()
            kept.save(name, figures)
            bar.set_postfix_str(name)
            bar.update()
            tqdm.write(
                f"{name}: {figures['seconds']:.0f} s, integer {figures.get('integer', figures.get('accuracy')):.1%}"
            )


def main() -> int:
    """Make what is missing and write the page."""
    parser = Parser(prog="results", description="Make the results table.")
    parser.add_argument("--workers", type=int, default=2, help="rows at a time")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "results.md")
    options = parser.parse_args()
    kept = Kept(ROOT / "sim_build" / "results" / fingerprint())
    rows = all_rows()
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.workers, mp_context=spawned) as pool:
        make(pool, kept, {f"float-{name}": (measure_float, name) for name in NETWORKS})
        longest = sorted(rows, key=lambda row: (row.network != "resnet20", row.weight_bits))
        make(pool, kept, {row.name: (measure, row) for row in longest})
        make(pool, kept, {"transformers": (measure_transformers, None)})
    floats = {name: kept.load(f"float-{name}") or {} for name in NETWORKS}
    figures = {row: kept.load(row.name) or {} for row in rows}
    transformers = kept.load("transformers") or {}
    seconds = sum(found["seconds"] for found in [*floats.values(), *figures.values(), transformers])
    options.out.write_text(page(floats, figures, transformers, seconds / 60 / options.workers, options.workers))
    print(f"{len(rows)} rows in {options.out}; figures in {kept.folder}")
    return 0


if __name__ == "__main__":
    run(main)
