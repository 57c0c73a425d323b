"""Speed of golden's convolution beside float32 BLAS alone and onnxruntime's ConvInteger: make bench-golden.

"golden" is what a graph does: the weights prepared once (prepare_conv2d), then uint8 in and int32 out, the bound proven
anew for every input. "int64" is the same on int64 input, to int64 sums; "one-shot" is conv2d on int64, which checks and
converts the weights every time. BLAS multiplies columns that lie ready in float32. ConvInteger has its weights as
constants of the model.
The contenders take turns, on two threads, and the medians are compared. A turn starts with a pause and two runs that
are not timed: the worker threads of the one before must stop spinning, and its data leave the cache. Before any
timing the integers of golden.conv2d must equal those of ConvInteger. A missed target is printed, not an error.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

THREADS = 2
os.environ.setdefault("OPENBLAS_NUM_THREADS", str(THREADS))  # read when NumPy is first imported

import statistics  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from dataclasses import dataclass  # noqa: E402

import numpy as np  # noqa: E402
import onnxruntime  # noqa: E402
from numpy.lib.stride_tricks import sliding_window_view  # noqa: E402
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from benchmarks.page import recorded  # noqa: E402
from t2c.common.command import Parser, run  # noqa: E402
from t2c.common.errors import UserError  # noqa: E402
from t2c.common.options import add_options  # noqa: E402
from t2c.golden.arithmetic.conv import conv2d, prepare_conv2d  # noqa: E402
from t2c.golden.arithmetic.window import Window  # noqa: E402

REPORT = Path("sim_build/bench_golden.json")
TURNS, RUNS = 24, 8
PAUSE = 0.1
BLAS_TARGET = 0.9
ORT_TARGET = 2.0
SEED = 2026


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A 3 x 3 convolution of stride 1 and padding 1 over square images."""

    batch: int
    channels: int
    size: int
    outputs: int

    def __str__(self) -> str:
        return f"{self.batch} x {self.channels}x{self.size}x{self.size} -> {self.outputs}"


LAYERS = (
    Layer(batch=1, channels=64, size=56, outputs=64),
    Layer(batch=1, channels=256, size=14, outputs=256),
    Layer(batch=16, channels=16, size=32, outputs=16),
)
WINDOW = Window(kernel=(3, 3), padding=(1, 1))


def conv_integer(layer: Layer, w: np.ndarray) -> onnxruntime.InferenceSession:
    """Return a session that runs the layer as one ConvInteger node with constant weights on THREADS threads."""
    image = [layer.batch, layer.channels, layer.size, layer.size]
    graph = helper.make_graph(
        [helper.make_node("ConvInteger", ["x", "w"], ["y"], pads=[1, 1, 1, 1])],
        "layer",
        [
            helper.make_tensor_value_info("x", TensorProto.UINT8, image),
        ],
        [helper.make_tensor_value_info("y", TensorProto.INT32, None)],
        [numpy_helper.from_array(w, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def medians(runs: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the median time of each contender in ms, over TURNS turns of RUNS runs each."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(TURNS):
        for name, contender in runs.items():
            time.sleep(PAUSE)
            for repetition in range(-2, RUNS):
                start = time.perf_counter()
                contender()
                if repetition >= 0:
                    times[name].append((time.perf_counter() - start) * 1e3)
    return {name: statistics.median(values) for name, values in times.items()}


def measure(layer: Layer, rng: np.random.Generator) -> dict[str, object]:
    """Check golden against ConvInteger on one layer, then time both and the bare float32 product."""
    x = rng.integers(0, 256, (layer.batch, layer.channels, layer.size, layer.size), dtype=np.uint8)
    w = rng.integers(-128, 128, (layer.outputs, layer.channels, 3, 3), dtype=np.int8)
    session = conv_integer(layer, w)
    reference = session.run(None, {"x": x})[0]
    kernel = prepare_conv2d(w, window=WINDOW)
    for result in (conv2d(x, w, window=WINDOW), kernel.apply(x), kernel.sums(x)):
        assert (result == reference).all(), f"{layer}: golden differs from ConvInteger"

    windows = sliding_window_view(np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1))), (3, 3), axis=(2, 3))
    columns = windows.transpose(1, 4, 5, 0, 2, 3).reshape(layer.channels * 9, -1).astype(np.float32)
    weights = w.reshape(layer.outputs, -1).astype(np.float32)
    columns_t, weights_t = np.ascontiguousarray(columns.T), np.ascontiguousarray(weights.T)
    x64, w64 = x.astype(np.int64), w.astype(np.int64)
    times = medians(
        {
            "golden": lambda: kernel.sums(x),
            "golden int64": lambda: kernel.apply(x64),
            "golden one-shot": lambda: conv2d(x64, w64, window=WINDOW),
            "blas w @ cols": lambda: np.matmul(weights, columns),
            "blas cols @ w": lambda: np.matmul(columns_t, weights_t),
            "ConvInteger": lambda: session.run(None, {"x": x}),
        }
    )
    blas = min(times["blas w @ cols"], times["blas cols @ w"])
    return {
        "layer": str(layer),
        "ms": times,
        "blas_ratio": blas / times["golden"],
        "ort_ratio": times["ConvInteger"] / times["golden"],
    }


def verdict(ratio: float, target: float) -> str:
    """Return the ratio with 'met' or 'missed'."""
    return f"{ratio:5.2f} (>= {target}) {'met' if ratio >= target else 'missed'}"


def main() -> int:
    """Print the table and write the figures to REPORT."""
    parser = Parser(prog="bench-golden", description="Speed of golden's convolution.")
    add_options(parser, "bench-golden")
    with recorded("bench-golden", bool(parser.parse_args().write)):
        print_table()
    return 0


def print_table() -> None:
    """Measure all layers."""
    rng = np.random.default_rng(SEED)
    results = [measure(layer, rng) for layer in LAYERS]
    print(f"{THREADS} threads, medians of {TURNS} interleaved turns of {RUNS} runs in ms, seed {SEED}")
    print("golden / BLAS is the speed relative to the quicker float32 product alone, golden / ORT to ConvInteger")
    print("golden: weights prepared once, as in a graph; one-shot: weights prepared at every call\n")
    columns = f"{'golden':>7} {'int64':>7} {'one-shot':>8} {'BLAS':>7} {'ORT':>7}"
    print(f"{'layer':24} {columns}  {'golden / BLAS':22} golden / ORT")
    for result in results:
        ms = result["ms"]
        assert isinstance(ms, dict)
        blas = min(ms["blas w @ cols"], ms["blas cols @ w"])
        golden = f"{ms['golden']:7.2f} {ms['golden int64']:7.2f} {ms['golden one-shot']:8.2f}"
        times = f"{golden} {blas:7.2f} {ms['ConvInteger']:7.2f}"
        against_blas = verdict(float(str(result["blas_ratio"])), BLAS_TARGET)
        against_ort = verdict(float(str(result["ort_ratio"])), ORT_TARGET)
        print(f"{result['layer']!s:24} {times}  {against_blas:22} {against_ort}")
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    figures = {"threads": THREADS, "turns": TURNS, "runs": RUNS, "seed": SEED, "layers": results}
    REPORT.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    run(main, extra=(UserError,))
