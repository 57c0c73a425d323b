"""Localisation where a layer reads a view, a joined tensor or a constant operand: golden's operands are found there."""

from __future__ import annotations

from pathlib import Path

import pytest

from t2c.contract.hardware import Hardware
from t2c.golden.graph.package import Package
from t2c.tb.cosim.cosimulation import locked_cosimulation
from t2c.tb.cosim.localisation.rerun import diagnose
from t2c.tb.cosim.request import RunRequest
from t2c.tb.simulation.simulators import find_simulator
from tests.tb.rtl_mutants import plant
from tests.view_nets import embedding_package, joins_package, views_package

pytestmark = pytest.mark.slow

CORE = Hardware(rows=8, cols=4, act_depth=1 << 10, wgt_depth=1 << 12, par_depth=1 << 8, prg_depth=1 << 12)
OPERANDS = ".a_data_i(operands)"
SPOILT = ".a_data_i(operands ^ ({{(ROWS * A_W - 1) {1'b0}}, desc_i[D_LAYER*32+:16] == THE_LAYER} << THE_ROW * A_W))"


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("package", "layer", "row"),
    [
        pytest.param(views_package(), "over", 3, id="channels from bank 3 on"),
        pytest.param(views_package(), "mix", 0, id="a map as tokens", marks=pytest.mark.campaign),
        pytest.param(views_package(), "fc", 1, id="a slice of a slice", marks=pytest.mark.campaign),
        pytest.param(embedding_package(), "stream", 2, id="a joined tensor and a constant"),
        pytest.param(joins_package(1), "between", 5, id="a part that lies in a join", marks=pytest.mark.campaign),
    ],
)
def test_a_spoilt_operand_is_placed(package: Package, layer: str, row: int, tmp_path: Path) -> None:
    number = 1 + [node.name for node in package.graph.nodes].index(layer)
    spoilt = SPOILT.replace("THE_LAYER", str(number)).replace("THE_ROW", str(row))
    rtl = plant(tmp_path, "layer_engine.v", OPERANDS, spoilt)
    request = RunRequest(layer="all", images=1, rtl=rtl)
    with locked_cosimulation(package, "random", request, CORE, find_simulator("icarus"), tmp_path / "out") as job:
        result = job.run()
        diagnosis = diagnose(job, result)
    assert result.verdict == "FAIL"
    assert result.reasons[0].startswith(f"layer {layer}: "), result.reasons
    assert diagnosis is not None
    assert diagnosis.finding.unit == "mac_pe", diagnosis.finding.text
    assert f"PE (row {row}, column " in diagnosis.finding.text
