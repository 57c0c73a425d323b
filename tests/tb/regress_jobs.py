"""A job of a regression, for tests of what becomes of it."""

from __future__ import annotations

from t2c.tb.regress.job import Job


def job(name: str = "the-job", **changes: object) -> Job:
    fixed = {"simulator": "icarus", "rows": 8, "cols": 8, "acc_w": 32, "scale_w": 16, "bias_w": 40}
    return Job(**{"id": name, "name": "pack", "model": "examples/digits_w4a4", "layer": "fc", **fixed, **changes})
