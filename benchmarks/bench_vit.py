"""Speed of golden's forward of ViT-7 beside float torch, and what each kind of node takes: make bench-vit.

One thread, and the time of the processor, not of the clock: other work on the machine then counts for less. The
contenders take turns, a turn begins with a run that is not timed, and medians are compared. Weights are seeded: speed
does not depend on training. A missed target is printed, not an error.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is first imported

import statistics
import time
from collections import Counter, defaultdict

import numpy as np
import torch

from benchmarks.page import recorded
from benchmarks.vit7 import PARAMETERS, float_vit, integer_vit
from t2c.common.command import Parser, run
from t2c.common.errors import UserError
from t2c.common.options import add_options
from t2c.golden.graph.graph import Graph

TURNS, RUNS = 7, 3
BATCHES = (1, 8)
TARGET = 0.5
SEED = 2026


def golden_times(graph: Graph, images: np.ndarray) -> Counter[str]:
    """Seconds of one forward by kind of node."""
    spent: Counter[str] = Counter()
    last = time.process_time()
    for node, _, _ in graph.narrow_steps(images):
        now = time.process_time()
        spent[node.op] += now - last
        last = now
    return spent


def measure(graph: Graph, model: torch.nn.Module, batch: int) -> tuple[float, dict[str, float]]:
    """Median seconds of float torch, and of golden by kind of node, with "all" for the whole."""
    images = np.random.default_rng(SEED).integers(0, 256, (batch, *graph.edges[graph.input].shape)).astype(np.uint8)
    reals = torch.from_numpy(images.astype(np.float32) / 255)
    floats: list[float] = []
    kinds: dict[str, list[float]] = defaultdict(list)
    for _ in range(TURNS):
        for repetition in range(-1, RUNS):
            start = time.process_time()
            model(reals)
            if repetition >= 0:
                floats.append(time.process_time() - start)
        for repetition in range(-1, RUNS):
            spent = golden_times(graph, images)
            if repetition >= 0:
                for kind, seconds in (*spent.items(), ("all", sum(spent.values()))):
                    kinds[kind].append(seconds)
    return statistics.median(floats), {kind: statistics.median(seconds) for kind, seconds in kinds.items()}


def print_table() -> None:
    """Measure all batches."""
    torch.set_num_threads(1)
    graph, model = integer_vit(SEED), float_vit(SEED)
    macs = sum(node.macs(graph.inputs_of(node)) for node in graph.nodes)
    print(f"ViT-7, {PARAMETERS:,} parameters, {macs:,} MACs an image, seeded weights; one thread, processor time,")
    print(f"medians of {TURNS} interleaved turns of {RUNS} runs in ms; ratio: speed of golden to that of float torch\n")
    rows = []
    with torch.inference_mode():
        for batch in BATCHES:
            seconds, kinds = measure(graph, model, batch)
            rows.append((batch, kinds))
            ratio = seconds / kinds["all"]
            met = "met" if ratio >= TARGET else "missed"
            print(
                f"batch {batch:2}: float torch {1e3 * seconds:7.1f}, golden {1e3 * kinds['all']:7.1f}, "
                f"ratio {ratio:.2f} (>= {TARGET}) {met}"
            )
    print("\ngolden by kind of node " + "".join(f"  batch {batch:2}" for batch, _ in rows))
    for kind in sorted(rows[0][1], key=lambda kind: -rows[-1][1][kind]):
        print(f"  {kind:20} " + "".join(f"{1e3 * kinds[kind]:10.1f}" for _, kinds in rows))


def main() -> int:
    """Print the table."""
    parser = Parser(prog="bench-vit", description="Speed of golden's ViT-7.")
    add_options(parser, "bench-vit")
    with recorded("bench-vit", bool(parser.parse_args().write)):
        print_table()
    return 0


if __name__ == "__main__":
    run(main, extra=(UserError,))
