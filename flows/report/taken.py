"""The steps that led to the finalists, each once: what several have in common is one row, for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from t2c.flows.metamodel import Metamodel, Step


@dataclass(frozen=True, kw_only=True)
class TakenStep:
    """step; finalists: whose history it is in, from 0; turn: how often its task came before in it."""

    step: Step
    finalists: tuple[int, ...]
    turn: int


def taken_steps(finalists: Sequence[Metamodel]) -> list[TakenStep]:
    """The common steps first, then those of each finalist alone."""
    return _taken(finalists, list(range(len(finalists))), 0)


def _taken(finalists: Sequence[Metamodel], those: list[int], at: int) -> list[TakenStep]:
    """Steps from one on, of finalists with the same steps before it."""
    groups: list[list[int]] = []
    for index in those:
        if at < len(finalists[index].history):
            step = finalists[index].history[at]
            same = next((group for group in groups if finalists[group[0]].history[at] == step), None)
            if same is None:
                groups.append([index])
            else:
                same.append(index)
    found = []
    for group in groups:
        history = finalists[group[0]].history
        turn = sum(earlier.task == history[at].task for earlier in history[:at])
        found.append(TakenStep(step=history[at], finalists=tuple(group), turn=turn))
        found += _taken(finalists, group, at + 1)
    return found


def chosen_trials(step: Step) -> list[int]:
    """Which trials of a step are what it decided: by their number, or by all that they have in common with it."""
    for name in ("trial", "branch", "variant"):
        number = step.decision.get(name)
        if isinstance(number, int) and number < len(step.trials):
            return [number]
    found = []
    for index, trial in enumerate(step.trials):
        common = trial.keys() & step.decision.keys()
        if common and all(trial[name] == step.decision[name] for name in common):
            found.append(index)
    return found
