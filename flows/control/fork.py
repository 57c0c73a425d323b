"""FORK: several ways at once; branches run on several workers and meet at a REDUCE or a JOIN."""

from __future__ import annotations

from t2c.flows.control_task import CONTROLS, Splitting


@CONTROLS("FORK")
class Fork(Splitting):
    """{task: FORK, then: [NAME, NAME, ...]}."""
