"""LOOP: back to an earlier task while an expression holds, a number of times at most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from t2c.flows.control_task import CONTROLS, Steering
from t2c.flows.expressions import Expression
from t2c.flows.metamodel import Metamodel
from t2c.flows.parameters import Parameter


@CONTROLS("LOOP")
class Looping(Steering):
    """{task: LOOP, again: NAME, while: EXPRESSION, most: N}; after it `then`, or the next task of the file."""

    ways = ("again", "then")
    most: int
    parameters = {
        "while": Parameter(Expression, meaning="again while it is not 0"),
        "most": Parameter(int, least=1, most=10_000, meaning="how often it goes back at most"),
    }

    def turn(self, given: Metamodel, rounds: int) -> tuple[str, Mapping[str, Any]]:
        """`again` while the expression holds and it went back less than `most` times."""
        value = getattr(self, "while").value(given)
        way = "again" if value and rounds < self.most else "then"
        return way, {"while": value, "way": way, "rounds": rounds}
