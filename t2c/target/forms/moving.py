"""What moves values without arithmetic stays as it is, on edges that are read alike."""

from __future__ import annotations

from t2c.golden.graph.node import Node
from t2c.target.form import FORMS, Form, LayerCost, LayerJob


@FORMS("max_pool2d")
@FORMS("flatten")
@FORMS("reshape")
@FORMS("transpose")
@FORMS("slice")
@FORMS("concat")
class Moving(Form):
    """docs/arithmetic.md 5."""

    moves = True
    scales = False

    def refit(self, job: LayerJob) -> tuple[Node, LayerCost]:
        return job.node, LayerCost()
