"""An accelerator whose arithmetic no MulQuant has, against the user's own function in its description."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.accelerator.door import copied, refusal, simulated
from tests.conftest import ROOT

pytestmark = pytest.mark.slow
LINE = "line_conv.v"
CUT = (
    (
        LINE,
        "scaled = sum * multiplier[channel] + bias[channel];",
        "scaled = (sum >>> 4) * multiplier[channel];\n        scaled = scaled + (bias[channel] >>> 4);",
    ),
    (
        LINE,
        "scaled = (scaled + (56'sd1 <<< (shift[channel] - 1))) >>> shift[channel];",
        "scaled = scaled >>> (shift[channel] - 4);",
    ),
)
"""Four bits of the sum are cut off before it is multiplied."""
REFERENCE = ("dut.yaml", "package: digits_w8a8\n", "package: digits_w8a8\nreference: {'op:conv2d': my_chip.py:conv}\n")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    dut = copied("stream_cnn", tmp_path, *CUT, REFERENCE)
    shutil.copy(ROOT / "examples" / "targets" / "my_chip.py", dut.parent)
    return dut


def test_it_is_right_against_the_function_and_wrong_against_golden(
    own: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = simulated(capsys, own, sim_output, stall="p50")
    assert run.status == 0, run.text
    assert "my_chip.py:conv (sha256 " in run.text
    assert [t["compared"] for t in run.record["scenarios"][0]["tensors"]] == [1024, 1, 1024]
    function = own.parent / "my_chip.py"
    function.write_text(function.read_text().replace("(layer.sums(inputs) >> 4)", "(layer.sums(inputs) >> 5) * 2"))
    run = simulated(capsys, own, sim_output, stall="p50")
    assert run.status == 1
    assert "first wrong tensor in program order: conv1" in run.text
    own.write_text(own.read_text().replace(REFERENCE[2], REFERENCE[1]))
    run = simulated(capsys, own, sim_output, stall="p50")
    assert run.status == 1
    assert "sha256" not in run.text


def test_what_cannot_be_is_one_line(own: Path, sim_output: Path) -> None:
    function = own.parent / "my_chip.py"
    function.write_text(function.read_text().replace("return np.clip", "return 1.0 * np.clip"))
    assert refusal(own, sim_output).endswith("my_chip.py:conv: it returned dtype float64, which is not an integer type")
    text = own.read_text()
    own.write_text(text.replace("op:conv2d", "op:conv3d"))
    assert "has no layer 'op:conv3d'; it has conv1" in refusal(own, sim_output)
    own.write_text(text.replace("my_chip.py:conv", "my_chip.py"))
    assert ": reference: op:conv2d: 'my_chip.py' is not FILE.py:FUNCTION" in refusal(own, sim_output)
