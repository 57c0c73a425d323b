"""What fusion makes of layers that the core has no operation for runs on the RTL all the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from small_nets import Dense, built, images

from t2c.fusion import NetFuser
from t2c.nn2chip import T2C
from tests.conftest import ROOT


@pytest.mark.sample(3)
@pytest.mark.parametrize("symmetric", [True, False])
def test_concatenations_on_the_rtl(tmp_path: Path, symmetric: bool) -> None:
    x = images(Dense)

    def fuser(model: Dense) -> NetFuser:
        return NetFuser(model, weight_bits=5, activation_bits=6, symmetric_activations=symmetric)

    T2C(built(Dense), fuser, calibration=x, name="dense").nn2chip(x[:2], directory=tmp_path / "dense")
    command = [sys.executable, "-m", "t2c.tb", "--model", str(tmp_path / "dense"), "--layer", "all", "--images", "2"]
    done = subprocess.run([*command, "--rows", "4", "--cols", "4"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    table = {line.split()[0]: line.split()[1] for line in done.stdout.splitlines() if line.strip()}
    assert (table["cat_1_part2"], table["cat_1_join1"], table["cat_1"]) == ("conv2d", "add", "add")
    assert table["cat_2_part0"] == "linear"
    assert table["verdict"] == "PASS"
