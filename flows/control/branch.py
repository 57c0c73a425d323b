"""BRANCH: one of two ways, by an expression over the metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from t2c.flows.control_task import CONTROLS, Steering
from t2c.flows.expressions import Expression
from t2c.flows.metamodel import Metamodel
from t2c.flows.parameters import Parameter


@CONTROLS("BRANCH")
class Branch(Steering):
    """{task: BRANCH, if: EXPRESSION, then: NAME, else: NAME}; a way that is not given is the next task of the file."""

    ways = ("then", "else")
    parameters = {"if": Parameter(Expression, meaning="then if it is not 0, else otherwise")}

    def turn(self, given: Metamodel, rounds: int) -> tuple[str, Mapping[str, Any]]:
        """`then` where the expression holds, `else` otherwise."""
        value = getattr(self, "if").value(given)
        way = "then" if value else "else"
        return way, {"if": value, "way": way}
