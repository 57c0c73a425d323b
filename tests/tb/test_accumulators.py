"""Accumulators are compared before requantisation: what a result hides is seen, on the layer where it happens."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from t2c.contract.hardware import Hardware
from t2c.core_model.engine import Engine
from t2c.core_model.results import Results
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.errors import PackageError
from t2c.golden.graph.package import Package, load_package
from t2c.tb.cosim.capture import read_sums
from t2c.tb.cosim.cosimulation import cosimulate, prepare
from t2c.tb.cosim.localisation.mismatches import WrongSum
from t2c.tb.cosim.on_model import BACKEND, _sums, run_on_model
from t2c.tb.cosim.report import run_table
from t2c.tb.cosim.request import RunRequest
from t2c.tb.simulation.simulators import find_simulator
from tests.core_net import core_package
from tests.tb.rtl_mutants import plant

SMALL = Hardware(rows=4, cols=4)
TIGHT = Hardware(rows=4, cols=4, act_depth=80, wgt_depth=36, par_depth=4, acc_depth=6, prg_depth=1 << 14)
"""core_package's layers are cut here: sums over several steps, strips, pixels in several blocks."""
OFF_BY_ONE = ("accumulator.v", "keep ? stored_q : base + wide;", "keep ? stored_q : base + wide + (addr_i == 5);")
"""One pixel of each block gains 1 with every K tile."""


@pytest.fixture(scope="module")
def digits(examples: Path) -> Package:
    return load_package(examples / "digits_w8a8")


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("layer", ["conv2", "all"])
def test_a_sum_that_requantisation_hides_fails_on_its_layer(
    layer: str, digits: Package, tmp_path: Path, sim_output: Path
) -> None:
    """The fault counts K tiles; conv1 has two of them, conv2 eighteen, and no result of either shows it."""
    file, original, mutant = OFF_BY_ONE
    rtl = plant(tmp_path, file, original, mutant)
    request = RunRequest(layer=layer, images=1, rtl=rtl)
    result = cosimulate(digits, "digits", request, Hardware(rows=8, cols=8), find_simulator("icarus"), sim_output)
    assert result.verdict == "FAIL"
    named = "conv1" if layer == "all" else layer
    line = re.fullmatch(
        rf"layer {named}: accumulator \(n=0, c=(\d+), y=0, x=5\): expected (-?\d+), actual (-?\d+), "
        r"difference \+(\d+); array column \d; cycle \d+",
        result.reasons[0],
    )
    assert line, result.reasons
    assert int(line[3]) - int(line[2]) == int(line[4])
    own = next(figures for figures in result.figures["layers"] if figures["layer"] == named)
    assert own["mismatches"] == 0
    assert own["wrong_accumulators"] == own["shape"][0]
    assert re.search(rf"{named} .* 1,024 +0 +1,024 +16 ", run_table(result))
    if layer == "all":
        return
    blind = cosimulate(
        digits, "digits", RunRequest(layer=layer, images=1, rtl=rtl, accumulators=False),
        Hardware(rows=8, cols=8), find_simulator("icarus"), sim_output,
    )  # fmt: skip
    assert blind.passed
    assert blind.figures["accumulators"] == 0


@pytest.mark.parametrize("hardware", [SMALL, TIGHT, Hardware(rows=8, cols=2), Hardware(rows=4, cols=4, acc_w=42)])
def test_every_sum_of_every_layer_is_compared(hardware: Hardware, tmp_path: Path) -> None:
    """Convolutions, pools, both operands of an add; cut into strips, blocks and steps, or not."""
    package = core_package()
    result = run_on_model(prepare(package, "core", RunRequest(images=2), hardware, BACKEND, tmp_path))
    assert result.passed, result.reasons
    assert result.figures["wrong_accumulators"] == 0
    for figures in result.figures["layers"]:
        operands = 2 if figures["operation"] == "add" else 1
        assert figures["accumulators"] == operands * figures["compared"], figures["layer"]
    assert result.figures["accumulators"] > result.figures["compared"] > 0


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("layer", [node.name for node in core_package().graph.nodes if node.moves_data])
@pytest.mark.parametrize("change", [-1, 1 << 20])
def test_one_sum_that_differs_is_named(
    layer: str, change: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model's sums are spoilt after its results are made, so that these are right."""
    package = core_package()
    job = prepare(package, "core", RunRequest(images=1), TIGHT, BACKEND, tmp_path)
    number = job.program.layer_names.index(layer)
    real, spoilt = Engine.run, []

    def run(self: Engine) -> tuple[IntArray, Results | None]:
        sums, results = real(self)
        if self.descriptor.layer == number and results is not None and not spoilt:
            lane = int(np.flatnonzero(job.prepared.trace.kept[len(spoilt)])[0])
            spoilt.append((int(sums[0, 0, lane]), lane))
            sums[0, 0, lane] += change
        return sums, results

    monkeypatch.setattr(Engine, "run", run)
    result = run_on_model(job)
    assert result.verdict == "FAIL"
    assert result.figures["mismatches"] == 0
    (expected, lane), line = spoilt[0], result.reasons[0]
    assert re.match(rf"layer {layer}: accumulator( of operand 0)? \(n=0, c=\d+, y=0, x=0\): ", line), line
    assert line.endswith(
        f": expected {expected}, actual {expected + change}, difference {change:+d}; array column {lane}"
    )
    assert result.reasons[1:] == ()
    assert isinstance(result.first, WrongSum)


def test_sums_that_do_not_come_are_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("t2c.tb.cosim.on_model._sums", lambda parts, hardware: _sums(parts[1:], hardware))
    result = run_on_model(prepare(core_package(), "core", RunRequest(), SMALL, BACKEND, tmp_path))
    assert result.verdict == "FAIL"
    assert any(re.match(r"run 0: \d+ words of sums came, \d+ were expected", reason) for reason in result.reasons)


@pytest.mark.parametrize("bits", [8, 24, 30, 32, 33, 48])
def test_sums_come_back_from_their_file(bits: int, tmp_path: Path) -> None:
    low, high, digits = -(1 << (bits - 1)), (1 << (bits - 1)) - 1, -(-bits // 4)
    words = [[0, -1, low], [high, 1, 5]]
    lines = [
        f"{7 + k:08x}" + "".join(f"{v % (1 << 4 * digits):0{digits}x}" for v in word[::-1])
        for k, word in enumerate(words)
    ]
    lines.append("0000000a" + "0" * digits + "x" * digits + "0" * (digits - 1) + "X")
    (tmp_path / "sums.hex").write_text("".join(f"{line}\n" for line in lines))
    came = read_sums(tmp_path / "sums.hex", 3, bits)
    assert came.value[:2].tolist() == words
    assert came.cycle.tolist() == [7, 8, 10]
    assert came.unknown.tolist() == [[False] * 3, [False] * 3, [True, True, False]]


@pytest.mark.parametrize(
    ("text", "message"),
    [("00000000ab\n00000000a\n", "does not have 10 digits"), ("00000000ab", "10 digits"), ("0000000gab\n", "hexadec")],
)
def test_other_files_are_refused(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "sums.hex").write_text(text)
    with pytest.raises(PackageError, match=message):
        read_sums(tmp_path / "sums.hex", 1, 8)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="wrote no file of sums"):
        read_sums(tmp_path / "sums.hex", 1, 8)
