"""JOIN: waits for all branches and lets all go on, each of which knows what the others came to."""

from __future__ import annotations

from collections.abc import Sequence

from t2c.flows.control_task import CONTROLS, Merging
from t2c.flows.metamodel import Metamodel, Step
from t2c.flows.variants import described


@CONTROLS("JOIN")
class Join(Merging):
    """{task: JOIN}: every later task runs on each variant, and the flow ends with all of them."""

    def merged(self, name: str, kind: str, arrivals: Sequence[Metamodel]) -> list[tuple[int, Metamodel]]:
        """All of them."""
        trials = tuple(map(described, arrivals))
        return [
            (
                index,
                arrival.done(
                    Step(task=name, kind=kind, decision={"variant": index, "of": len(arrivals)}, trials=trials)
                ),
            )
            for index, arrival in enumerate(arrivals)
        ]
