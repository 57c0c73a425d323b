"""Seconds from a float ResNet-18 at 224 x 224 to a checked package, step by step: make bench-t2c.

Steps: fuse (trace, fuse BatchNorm, compare with the float model), quantise (calibrate on 8 scenes), convert (choose all
integers), check (one image through torch and golden, every tensor compared) and write (the package, re-read).
Then images per second of float, fake-quantised and integer inference in torch and of golden, one image at a time, the
contenders taking turns; medians. A turn starts with a pause and a run that is not timed: the threads of the one before
must stop spinning. Two threads everywhere. Weights are seeded: speed does not depend on training.
"""

from __future__ import annotations

import os

THREADS = 2
os.environ.setdefault("OPENBLAS_NUM_THREADS", str(THREADS))  # read when NumPy is first imported

import json  # noqa: E402
import resource  # noqa: E402
import statistics  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402
import torch  # noqa: E402

from benchmarks.page import recorded  # noqa: E402
from t2c.calibration import calibrate  # noqa: E402
from t2c.common.command import Parser, run  # noqa: E402
from t2c.common.errors import UserError  # noqa: E402
from t2c.common.options import add_options  # noqa: E402
from t2c.data.scenes import load  # noqa: E402
from t2c.example_models.seeded import seed_weights  # noqa: E402
from t2c.exports.package import check_against_golden, graph_of  # noqa: E402
from t2c.fusion import NetFuser  # noqa: E402
from t2c.golden.graph.package import Package, load_package, save_package  # noqa: E402
from t2c.models.resnet18 import ResNet18  # noqa: E402
from t2c.nn2chip import T2C  # noqa: E402

REPORT = Path("sim_build/bench_t2c.json")
CALIBRATION = 8
CONVERSIONS, TURNS, RUNS = 3, 5, 3
PAUSE = 0.2


def conversion(model: torch.nn.Module, images: torch.Tensor, directory: Path) -> tuple[dict[str, float], T2C]:
    """Take the model to a package once; return seconds by step and the converter."""
    seconds: dict[str, float] = {}
    start = time.perf_counter()

    def lap(step: str) -> None:
        nonlocal start
        now = time.perf_counter()
        seconds[step], start = now - start, now

    qnet = NetFuser(model).fuse(images[:1])
    lap("fuse")
    with calibrate(qnet):
        qnet(images)
    lap("quantise")
    chip = T2C(qnet, name="resnet18")
    net = chip.convert()
    lap("convert")
    integers = chip.input_integers(images[:1])
    graph = graph_of(net, integers, name="resnet18", widths=chip.recipe.widths)
    agreement = check_against_golden(net, graph, integers)
    assert agreement.integers > 1_000_000, agreement.integers
    lap("check")
    save_package(Package(graph=graph, samples=integers.numpy(), labels=np.zeros(1, np.int64)), directory)
    load_package(directory)
    lap("write")
    return seconds, chip


def images_per_second(model: torch.nn.Module, chip: T2C, image: torch.Tensor) -> dict[str, float]:
    """Median speed of each way to run one image, in turns."""
    net, integers = chip.net, chip.input_integers(image)
    assert net is not None
    graph = graph_of(net, integers, name="resnet18", widths=chip.recipe.widths)
    pixels = integers.numpy()
    qnet = chip.qnet.eval()
    runs: dict[str, Callable[[], object]] = {
        "float, torch": lambda: model(image),
        "fake-quantised, torch": lambda: qnet(image),
        "integer, torch": lambda: net(integers),
        "integer, golden": lambda: graph.run(pixels),
    }
    times: dict[str, list[float]] = {name: [] for name in runs}
    with torch.no_grad():
        for _ in range(TURNS):
            for name, run in runs.items():
                time.sleep(PAUSE)
                run()
                for _ in range(RUNS):
                    start = time.perf_counter()
                    run()
                    times[name].append(time.perf_counter() - start)
    return {name: 1 / statistics.median(values) for name, values in times.items()}


def main() -> int:
    """Print both tables and write the figures to REPORT."""
    parser = Parser(prog="bench-t2c", description="Seconds from a float ResNet-18 to a checked package.")
    add_options(parser, "bench-t2c")
    with recorded("bench-t2c", bool(parser.parse_args().write)):
        print_tables()
    return 0


def print_tables() -> None:
    """Measure conversion and inference."""
    torch.set_num_threads(THREADS)
    images = load(CALIBRATION)
    model = seed_weights(ResNet18(), images)
    laps: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(CONVERSIONS):
            seconds, chip = conversion(model, images, Path(folder) / str(turn))
            laps.append(seconds)
    steps = {step: statistics.median(lap[step] for lap in laps) for step in laps[0]}
    total = sum(steps.values())
    print(f"ResNet-18 at 224 x 224, {THREADS} threads; medians of {CONVERSIONS} conversions\n")
    print(f"{'step':<24}{'seconds':>9}{'share':>8}")
    for step, spent in [*steps.items(), ("total", total)]:
        print(f"{step:<24}{spent:>9.2f}{spent / total:>8.0%}")
    speeds = images_per_second(model, chip, images[:1])
    print(f"\n{'one image':<24}{'images/s':>9}{'beside float':>14}")
    for name, speed in speeds.items():
        print(f"{name:<24}{speed:>9.2f}{speed / speeds['float, torch']:>14.2f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
    print(f"\nlargest memory {peak:.2f} GiB")
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    figures = {"threads": THREADS, "seconds": steps, "images_per_second": speeds, "peak_gib": peak}
    REPORT.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    run(main, extra=(UserError,))
