"""A package of every pruner that ships, post-training and fine-tuned, on the RTL against golden."""

from __future__ import annotations

from pathlib import Path

import pytest

import t2c
from t2c.nn2chip import T2C
from t2c.trainers import PTQ, QAT, Supervised
from tests.t2c.test_trainers import SMALL
from tests.t2c.trained import digits, fresh

pytestmark = pytest.mark.slow


@pytest.mark.sample(9)
@pytest.mark.parametrize("pruner", ["magnitude", "granet", "2:4", "1:4", "channel"])
def test_a_sparse_package_passes(pruner: str, tmp_path: Path) -> None:
    data = digits(SMALL)
    model = Supervised(fresh(), data, epochs=1, pruner=pruner).fit()
    held = None if pruner == "channel" else "keep"
    bits = {"method": "lsq", "weight_bits": 4, "activation_bits": 4}
    for trainer in (PTQ(model, data, pruner=held), QAT(model, data, pruner=held, epochs=1, **bits)):
        T2C(trainer.fit()).nn2chip(directory=tmp_path / trainer.name)
        result = t2c.simulate(str(tmp_path / trainer.name), images=1, simulator="verilator")
        assert result.passed, result
