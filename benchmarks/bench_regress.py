"""What a second worker gains: the same regression with one worker and with two, each job run anew, builds warm.

Run as `make bench-regress`. The wall time is that of the whole command, start and end of the workers included.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time

from benchmarks.page import recorded
from t2c.common.command import Parser, run
from t2c.common.errors import UserError
from t2c.common.options import add_options
from t2c.common.places import ROOT

TARGET = 1.6
OUTPUT = ROOT / "sim_build" / "bench_regress"


def regress(workers: int, layers: int) -> float:
    """Run random layers on Verilator and return the seconds it took.

    Raises:
        UserError: a job failed; the message has what the regression printed.
    """
    arguments = {
        "--workers": workers,
        "--random-layers": layers,
        "--random-networks": 0,
        "--random-transformers": 0,
        "--arrays": "8x8",
        "--only": "random-layer-*.verilator.*",
        "--fresh": 1,
        "--out": OUTPUT,
    }
    words = [str(word) for pair in arguments.items() for word in pair]
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "t2c.tb.regress", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise UserError(f"the regression failed: {done.stdout} {done.stderr}")
    return time.perf_counter() - started


def main() -> int:
    """Print one line a pair and the median ratio; write sim_build/bench_regress.json."""
    parser = Parser(prog="bench-regress", description="Gain of a second worker.")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--layers", type=int, default=24)
    add_options(parser, "bench-regress")
    options = parser.parse_args()
    with recorded("bench-regress", bool(options.write)):
        print_pairs(options.repeats, options.layers)
    return 0


def print_pairs(repeats: int, layers: int) -> None:
    """Measure the pairs, after one run that makes the builds."""
    regress(2, layers)
    print(f"{layers} random layers on Verilator, {os.cpu_count()} cores; load is the machine's, before the pair")
    print(f"{'pair':<6}{'load':>6}{'1 worker, s':>14}{'2 workers, s':>14}{'ratio':>8}")
    ratios = []
    for pair in range(1, repeats + 1):
        load = os.getloadavg()[0]
        one, two = regress(1, layers), regress(2, layers)
        ratios.append(one / two)
        print(f"{pair:<6}{load:>6.1f}{one:>14.1f}{two:>14.1f}{ratios[-1]:>8.2f}", flush=True)
    ratio = statistics.median(ratios)
    print(f"median {ratio:.2f}, target {TARGET}: {'met' if ratio >= TARGET else 'missed'}")
    (ROOT / "sim_build" / "bench_regress.json").write_text(json.dumps({"ratios": ratios, "median": ratio}) + "\n")


if __name__ == "__main__":
    run(main, extra=(UserError,))
