"""STOP: what comes here is a result of the flow."""

from __future__ import annotations

from t2c.flows.control_task import CONTROLS, Ending


@CONTROLS("STOP")
class Stop(Ending):
    """{task: STOP}."""
