"""A result of a flow with all kinds of tasks, as their steps are written; its numbers are made up, and no measurement.

What the engine itself writes is tried with toy tasks; these are for the curves of tasks that train and synthesise.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from t2c.flows.front import front
from t2c.flows.metamodel import Metamodel, Metric, Step

DIGITS = "0123456789abcdef"


def task(name: str, kind: str, body: dict[str, Any] | None = None, **parameters: Any) -> dict[str, Any]:
    """A task as `Flow.to_json` describes it."""
    described = {"name": name, "kind": kind, "line": 1, "parameters": parameters}
    return {**described, **({"body": body} if body else {})}


def edge(source: str, target: str, label: str = "then") -> dict[str, str]:
    """An edge of that."""
    return {"source": source, "target": target, "label": label}


def graph(tasks: list[dict[str, Any]], edges: list[dict[str, str]], name: str = "case") -> dict[str, Any]:
    """A flow of that."""
    return {"name": name, "yaml": f"{name}.yaml", "subject": {}, "tasks": tasks, "edges": edges}


def chain(*names: str) -> list[dict[str, str]]:
    """Edges from each task to the next."""
    return [edge(source, target) for source, target in pairwise(names)]


def metric(name: str, value: float, by: str, split: str = "") -> Metric:
    """A metric."""
    return Metric(name=name, value=value, split=split, task=by)


def accuracy(value: float, by: str) -> tuple[Metric, ...]:
    """That of the validation split."""
    return (metric("accuracy", value, by, "validation"),)


TRAIN = Step(task="train", kind="TRAIN", metrics=accuracy(0.9781, "train"))
FIXED = Step(
    task="fixed",
    kind="FIXED_POINT",
    decision={"counts": {"lut": 61234, "ff": 40321, "dsp": 1512}},
    metrics=(
        metric("unoptimised_accuracy", 0.9779, "fixed", "validation"),
        metric("unoptimised_lut", 61234, "fixed"),
        metric("unoptimised_ff", 40321, "fixed"),
        metric("unoptimised_dsp", 1512, "fixed"),
    ),
)


def pruned(taken: float, fails: float, floor: float) -> Step:
    """A bisection."""
    tried = [0.98, 0.49, 0.735, 0.8575, 0.91875, 0.949375, fails, taken]
    trials = tuple(
        {"sparsity": s, "accuracy": round(0.979 - 0.02 * s**2 - 0.6 * max(0.0, s - 0.9) ** 1.2, 6)} for s in tried
    )
    decision = {"sparsity": taken, "fails_at": fails, "pattern": "magnitude", "floor": floor}
    return Step(
        task="prune", kind="PRUNE", decision=decision, trials=trials, metrics=accuracy(trials[-1]["accuracy"], "prune")
    )


def scaled(floor: float) -> Step:
    """A ladder."""
    trials = tuple(
        {"width": 1 - step / 8, "accuracy": round(0.9785 - 0.0004 * step - 0.0006 * step**2, 6)} for step in range(1, 7)
    )
    metrics = accuracy(trials[3]["accuracy"], "scale")
    return Step(task="scale", kind="SCALE", decision={"width": 0.5, "floor": floor}, trials=trials, metrics=metrics)


LAYERS = ("conv1", "conv2", "fc1", "fc2")


def quantised(floor: float) -> Step:
    """All layers alike, then each."""
    own: dict[str, list[int | None]] = {"input": [None, 5]}
    own |= {"conv1": [6, 4], "conv2": [4, 4], "fc1": [3, 5], "fc2": [5, None]}
    trials: list[dict[str, Any]] = [
        {
            "weight_bits": n,
            "activation_bits": n,
            "layer_bits": {},
            "method": "lsq",
            "accuracy": round(0.975 - 0.4 / 2**n, 6),
        }
        for n in (8, 7, 6, 5)
    ]
    for number in range(12):
        bits = {**own, "fc1": [4 + (number * 5) % 3, 5]} if number < 11 else own
        lost = 0.0005 * ((number * 7) % 5)
        trials.append({**trials[2], "layer_bits": bits, "accuracy": round(0.9705 - lost if number < 11 else 0.9699, 6)})
    decision = {
        "weight_bits": 6,
        "activation_bits": 6,
        "layer_bits": own,
        "method": "lsq",
        "floor": floor,
        "fits": True,
    }
    return Step(
        task="quantize", kind="QUANTIZE", decision=decision, trials=tuple(trials), metrics=accuracy(0.9699, "quantize")
    )


MIX = Step(
    task="mix",
    kind="MIX",
    decision={"share": 0.625, "fails_at": 0.75, "floor": 0.966, "fits": True},
    trials=tuple(
        {"share": share, "accuracy": round(0.9705 - 0.01 * share**2, 6)} for share in (0.0, 1.0, 0.5, 0.75, 0.625)
    ),
    metrics=accuracy(0.9666, "mix"),
)
FIT = Step(
    task="fit",
    kind="FIT",
    trials=tuple(
        {
            **{"bits": (8, 6, 4, 3)[n % 4], "sparsity": (0.0, 0.5, 0.8)[n % 3], "scale_bits": (5, 16)[n % 2]},
            **{"lut": 20000 - 1300 * n, "ff": 9000 - 400 * n, "dsp": 64 * (n % 2)},
            **{"lut_error": 0.01 + 0.013 * (n * 5 % 7), "ff_error": 0.008 * (n * 3 % 5), "dsp_error": 0.0},
        }
        for n in range(12)
    ),
    metrics=(
        metric("lut_fit_error", 0.04, "fit"),
        metric("ff_fit_error", 0.016, "fit"),
        metric("dsp_fit_error", 0.0, "fit"),
    ),
)
SENSES = {"accuracy": "max", "estimated_lut": "min"}


def searched() -> Step:
    """Two objectives."""
    trials = []
    for number in range(40):
        lost, sparse = 0.002 + 0.003 * (number * 7 % 9), 0.3 + 0.017 * (number * 11 % 40)
        lut = round(90000 * (1 - sparse) ** 1.7 / (1 + 200 * lost) * (1 + 0.1 * (number % 5)))
        found = {"accuracy": round(0.978 - lost - 0.01 * sparse**4, 6), "estimated_lut": float(lut)}
        settings = {"quantize.tolerance": lost, "prune.most": round(sparse, 3), "mix.activation_bits": 4 + number % 4}
        trials.append(
            {
                "settings": settings,
                "objectives": found,
                "design": {"sparsity": round(sparse, 3)},
                "metrics": [vars(metric("accuracy", found["accuracy"], "quantize", "validation"))],
            }
        )
    best = front([[trial["objectives"][name] for name in SENSES] for trial in trials], list(SENSES.values()))
    decision = {
        **{"method": "bayes", "trial": best[len(best) // 2], "front": best},
        **{name: trials[best[len(best) // 2]][name] for name in ("settings", "objectives")},
    }
    return Step(task="search", kind="SEARCH", decision=decision, trials=tuple(trials))


def ending(lut: int, ff: int, dsp: int, test: float, verified: float) -> list[Step]:
    """What is made, counted and compared."""
    return [
        Step(
            task="convert",
            kind="CONVERT",
            decision={"scale_bits": 5, "power_of_two": False, "steps_off": 0.031},
            metrics=accuracy(0.9702, "convert"),
        ),
        Step(
            task="pipeline",
            kind="PIPELINE",
            decision={"reuse": 1, "digits": 2},
            metrics=(metric("interval", 1, "pipeline"), metric("multipliers", dsp, "pipeline")),
        ),
        Step(
            task="count",
            kind="SYNTHESIZE",
            decision={"of": "pipeline", "family": "xc7", "counts": {"lut": lut, "ff": ff, "dsp": dsp, "bram": 0}},
            metrics=tuple(
                metric(name, value, "count") for name, value in (("lut", lut), ("ff", ff), ("dsp", dsp), ("bram", 0))
            ),
        ),
        Step(
            task="verify",
            kind="VERIFY",
            decision={
                **{"test_images": 2000, "golden_equals_torch": 1234567, "images": 2, "sim": "verilator"},
                **{"compared": {"rtl": 5120, "netlist": 5120}, "passed": {"rtl": True, "netlist": verified == 1}},
            },
            metrics=(metric("test_accuracy", test, "verify", "test"), metric("verified", verified, "verify")),
        ),
    ]


def files(number: int) -> dict[str, str]:
    """Of a finalist."""
    run = f"runs/verify-{DIGITS[number] * 20}"
    return {
        "weights": "trials/1/weights.pt",
        "package": "runs/convert-1/package",
        "pipeline": "runs/pipeline-1/pipeline",
        "verified": run,
    }


def case_graph() -> dict[str, Any]:
    """Its graph: a fork with two orders, a join, a search with a loop in its body, a branch."""
    body = graph(
        [
            task("quantize", "QUANTIZE", tolerance=0.01),
            task("wide", "BRANCH"),
            task("mix", "MIX"),
            task("estimate", "ESTIMATE"),
            task("again", "LOOP", most=3),
            task("(end)", "STOP"),
        ],
        [
            edge("quantize", "wide"),
            edge("wide", "mix"),
            edge("wide", "estimate", "else"),
            edge("mix", "estimate"),
            edge("estimate", "again"),
            edge("again", "quantize", "again"),
            edge("again", "(end)"),
        ],
    )
    found = graph(
        [
            task("train", "TRAIN", epochs=10),
            task("fixed", "FIXED_POINT", bits=16),
            task("orders", "FORK"),
            task("scale", "SCALE"),
            task("prune", "PRUNE"),
            task("prune_first", "PRUNE"),
            task("scale_then", "SCALE"),
            task("both", "JOIN"),
            task("fit", "FIT"),
            task("search", "SEARCH", body, method="bayes", trials=40, objectives=SENSES, choose="accuracy"),
            task("convert", "CONVERT"),
            task("pipeline", "PIPELINE"),
            task("count", "SYNTHESIZE"),
            task("small", "LOOP", most=2),
            task("verify", "VERIFY"),
            task("end", "STOP"),
        ],
        [
            *chain("train", "fixed", "orders", "scale", "prune", "both"),
            edge("orders", "prune_first"),
            *chain("prune_first", "scale_then", "both", "fit", "search", "convert", "pipeline", "count", "small"),
            edge("small", "search", "again"),
            *chain("small", "verify", "end"),
        ],
    )
    return {**found, "subject": {"model": "jets", "data": "jets", "seed": 7}}


def case_result() -> dict[str, Any]:
    """The whole result."""
    flow = case_graph()
    finalists = []
    for number, (lut, ff, dsp, test, verified) in enumerate(
        [(7123, 3012, 0, 0.9688, 1.0), (9377, 3811, 24, 0.9701, 0.0)]
    ):
        fork = Step(
            task="orders", kind="FORK", decision={"branch": number, "of": 2, "to": ("scale", "prune_first")[number]}
        )
        pair = [scaled(0.967), pruned(0.934, 0.949375, 0.951)]
        if number:
            pair = [
                Step(**{**vars(pair[1]), "task": "prune_first"}),
                Step(**{**vars(pair[0]), "task": "scale_then"}),
            ]
        join = Step(
            task="both",
            kind="JOIN",
            decision={"variant": number, "of": 2},
            trials=tuple({"passed": ["train"], "design": {"sparsity": 0.9}, "metrics": []} for _ in range(2)),
        )
        steps = [
            TRAIN,
            FIXED,
            fork,
            *pair,
            join,
            FIT,
            quantised(0.9655),
            MIX,
            searched(),
            *ending(lut, ff, dsp, test, verified),
        ]
        given = Metamodel(subject=flow["subject"])
        for step in steps:
            given = given.done(step)
        finalists.append(given.put(design={"sparsity": 0.934}, files=files(number)).to_json())
    runs = [
        {
            "task": one["name"],
            "entry": f"runs/{one['name']}",
            "seconds": 3.5 * at + 0.25,
            "trials": at,
            "trial_seconds": 6.5 * at,
        }
        for at, one in enumerate(flow["tasks"])
        if one["kind"] not in ("FORK", "JOIN", "LOOP", "STOP")
    ]
    return {
        "flow": flow,
        "finalists": finalists,
        "seconds": {"total": round(sum(run["seconds"] for run in runs), 3), "runs": runs},
    }
