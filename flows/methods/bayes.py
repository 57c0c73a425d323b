"""Bayesian search: Optuna's tree-structured Parzen estimator (Bergstra et al. 2011; Ozaki et al. 2022 for several
objectives).

The study is in memory. Optuna's own storage would bring back the trials of a killed run and not the state of its
sampler, so what follows would differ. Here a killed run asks again from the beginning, with the same seed; trials that
were run are in the flow's store, and telling their results, batch by batch in the same order, leads to the same state.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Sequence
from typing import Any

from t2c.flows.parameters import ParameterError
from t2c.flows.search_method import METHODS, SearchMethod, SearchPlan
from t2c.flows.space import Searched, Settings


@METHODS("bayes")
class Bayes(SearchMethod):
    """`startup` trials at random, then where the estimator expects the most; batches of `parallel` trials."""

    def __init__(self, plan: SearchPlan) -> None:
        super().__init__(plan)
        if plan.trials < plan.startup + 1:
            text = f"trials = {plan.trials} is below {plan.startup + 1}: startup = {plan.startup}, and one that learns"
            raise ParameterError("trials", text)
        if importlib.util.find_spec("optuna") is None:
            raise ModuleNotFoundError("No module named 'optuna'", name="optuna")
        self._study: Any = None
        self._asked: list[Any] = []
        self._done = 0

    def ask(self) -> list[Settings]:
        """The next batch."""
        import optuna

        if self._study is None:
            self._study = _study(self.plan)
        count = min(self.plan.parallel, self.plan.trials - self._done)
        self._done += count
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            self._asked = [self._study.ask() for _ in range(count)]
            return [{part.name: _suggested(trial, part) for part in self.plan.space} for trial in self._asked]

    def tell(self, objectives: Sequence[Sequence[float]]) -> None:
        """Their results, in the order in which they were asked for."""
        for trial, values in zip(self._asked, objectives, strict=True):
            self._study.tell(trial, list(values))


def _study(plan: SearchPlan) -> Any:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    directions: Any = ["maximize" if sense == "max" else "minimize" for sense in plan.senses]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        # The liar keeps trials of one batch apart: each supposes of those before it that they were bad.
        sampler = optuna.samplers.TPESampler(seed=plan.seed, n_startup_trials=plan.startup, constant_liar=True)
        return optuna.create_study(directions=directions, sampler=sampler)


def _suggested(trial: Any, part: Searched) -> Any:
    if part.values:
        return part.values[trial.suggest_categorical(part.name, list(range(len(part.values))))]
    if part.whole:
        return trial.suggest_int(part.name, int(part.low), int(part.high), log=part.log)
    return trial.suggest_float(part.name, part.low, part.high, log=part.log)
