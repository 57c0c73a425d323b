"""SEARCH: a body of tasks, run many times with other parameters; the best outcome goes on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from t2c.flows.bench import Bench
from t2c.flows.control_task import CONTROLS
from t2c.flows.errors import FlowError
from t2c.flows.expressions import Expression
from t2c.flows.front import front
from t2c.flows.graph import Flow
from t2c.flows.metamodel import Metamodel
from t2c.flows.parameters import Parameter, ParameterError
from t2c.flows.search_method import METHODS, SearchMethod, SearchPlan
from t2c.flows.searching import FUNCTION
from t2c.flows.space import Settings, read_space
from t2c.flows.task import Task
from t2c.flows.variants import described


@CONTROLS("SEARCH")
class BodySearch(Task):
    """{task: SEARCH, body: {...}, over: {TASK.PARAMETER: [LOW, HIGH], ...}, method: bayes, trials: N, score: EXPR}.

    The largest score wins, the first among equals. With `objectives: {EXPRESSION: max or min, ...}` instead of a score,
    the trials that no other beats are the Pareto front, of which the one with the largest `choose` goes on. Trials of a
    batch run at once. No result depends on which of them is faster, or on whether the flow was killed.
    """

    parameters = {
        "over": Parameter(dict, meaning="what is searched: task.parameter: [low, high], or a list of values"),
        "method": Parameter(str, meaning="grid, random or bayes"),
        "trials": Parameter(int, 0, least=1, most=1_000_000, meaning="how often the body runs"),
        "startup": Parameter(int, 2, least=1, meaning="of bayes: trials at random before it learns"),
        "parallel": Parameter(int, 2, least=1, most=10_000, meaning="of bayes: trials of a batch"),
        "seed": Parameter(int, 0, least=0, most=2**31 - 1),
        "score": Parameter(Expression, None, meaning="the largest wins"),
        "objectives": Parameter(dict, None, meaning="expression: max or min, two or more"),
        "choose": Parameter(Expression, None, meaning="which of the front goes on: the largest"),
    }
    over: dict[str, Any]
    method: str
    trials: int
    startup: int
    parallel: int
    seed: int
    score: Expression | None
    objectives: dict[str, Any] | None
    choose: Expression | None

    def __init__(self, body: Flow | None = None, **given: Any) -> None:
        if body is None:
            raise FlowError("body is missing: the tasks that are searched, with their names")
        self.body = body
        super().__init__(**given)

    def check(self) -> None:
        """As `Task.check`: what is searched, by what, for what, and whether the budget is enough."""
        self._space = read_space(self.over, self.body)
        self._aims = self._read_aims()
        if METHODS.find(self.method) is None:
            text = f"method = {self.method!r} is not one of {', '.join(METHODS.names())}"
            raise ParameterError("method", text)
        if not self.trials and self.method != "grid":
            raise FlowError("trials is missing: how often the body runs")
        self._begun()

    def _read_aims(self) -> tuple[tuple[Expression, str], ...]:
        """What is to be as large or small as can be."""
        if (self.score is None) == (self.objectives is None):
            raise FlowError("one of score and objectives is wanted")
        if (self.choose is None) != (self.objectives is None):
            raise FlowError("choose, which picks one of the front, goes with objectives")
        if self.objectives is None:
            assert self.score is not None
            return ((self.score, "max"),)
        if len(self.objectives) < 2:
            raise ParameterError("objectives", "objectives: two or more are wanted; one is a score")
        aims = []
        for text, sense in self.objectives.items():
            name = f"objectives.{text}"
            if sense not in ("max", "min"):
                raise ParameterError(name, f"{name} = {sense!r} is not max or min")
            try:
                aims.append((Expression(text), sense))
            except FlowError as error:
                raise ParameterError(name, f"objectives: {error}") from error
        return tuple(aims)

    def _begun(self) -> SearchMethod:
        method = METHODS.find(self.method)
        assert method is not None
        return method(
            SearchPlan(
                space=self._space,
                trials=self.trials,
                startup=self.startup,
                parallel=self.parallel,
                seed=self.seed,
                senses=tuple(sense for _, sense in self._aims),
            )
        )

    def metrics_used(self) -> Collection[str]:
        """None of those before it."""
        return ()

    @property
    def metrics_of_body(self) -> set[str]:
        """What its body must have measured."""
        wanted = [aim for aim, _ in self._aims] + ([self.choose] if self.choose else [])
        return {name for expression in wanted for name in expression.names}

    def identity(self) -> Any:
        """The tasks of the body too."""
        return [
            super().identity(),
            [spec.to_json(lines=False) for spec in self.body.specs],
            [node.task.identity() for node in self.body.nodes.values()],
        ]

    def run(self, given: Metamodel, bench: Bench) -> Metamodel:
        """Ask, run and tell, until the budget is used up; then choose."""
        method = self._begun()
        settings: list[Settings] = []
        results: list[Metamodel] = []
        objectives: list[list[float]] = []
        while batch := method.ask():
            numbers = f"{len(settings) + 1}..{len(settings) + len(batch)}"
            bench.progress(f"trials {numbers} of {method.trials}")
            found = bench.run_trials(FUNCTION, [self._payload(one, given, bench) for one in batch])
            came = [Metamodel.from_json(trial["metamodel"]) for trial in found]
            values = [[aim.value(result) for aim, _ in self._aims] for result in came]
            method.tell(values)
            settings, results, objectives = settings + batch, results + came, objectives + values
        best = front(objectives, [sense for _, sense in self._aims])
        chosen = max(best, key=lambda index: (self.choose or self._aims[0][0]).value(results[index]))
        names = [aim.text for aim, _ in self._aims]
        bench.noted(
            [
                {"settings": one, "objectives": dict(zip(names, values, strict=True)), **_came_to(result, given)}
                for one, values, result in zip(settings, objectives, results, strict=True)
            ]
        )
        bench.decide(
            method=self.method,
            trial=chosen,
            objectives=dict(zip(names, objectives[chosen], strict=True)),
            settings=settings[chosen],
            front=best,
        )
        return results[chosen]

    def _payload(self, settings: Settings, given: Metamodel, bench: Bench) -> dict[str, Any]:
        return {
            "search": bench.name,
            "body": [spec.to_json(lines=False) for spec in self.body.specs[:-1]],  # its end is added again
            "identity": self.identity(),
            "settings": settings,
            "given": given.to_json(),
        }


def _came_to(result: Metamodel, given: Metamodel) -> dict[str, Any]:
    """What a trial measured and chose beyond what was there before."""
    found: dict[str, Any] = described(result)
    known: Sequence[Any] = [asdict(metric) for metric in given.metrics]
    return {"design": found["design"], "metrics": [metric for metric in found["metrics"] if metric not in known]}
