"""Searches that know no network: where they end, what they try, and what an estimator makes of counted designs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from t2c.flows.errors import FlowError
from t2c.flows.searches.bisection import bisect
from t2c.flows.searches.greedy import Point, greedy
from t2c.flows.searches.ladder import descend


@pytest.mark.parametrize("edge", [0.0, 0.013, 0.31, 0.5, 0.777, 0.97])
def test_a_bisection_ends_around_the_edge(edge: float) -> None:
    tried: list[float] = []

    def fits(value: float) -> bool:
        tried.append(value)
        return value <= edge

    found = bisect(0.0, 0.98, 0.02, fits)
    assert found.fits <= edge < (found.fails or 1.0)
    assert found.fails is not None
    assert found.fails - found.fits <= 0.02
    assert found.fails in tried, "the upper end was tried"
    assert found.fits in (0.0, *tried), "the lower end was tried, or is where it began"
    assert len(tried) == len(set(tried)) <= 8


def test_a_bisection_of_what_fits_whole_tries_once() -> None:
    tried: list[float] = []
    found = bisect(0.2, 0.9, 0.01, lambda value: tried.append(value) or True)  # type: ignore[func-returns-value]
    assert (found.fits, found.fails, tried) == (0.9, None, [0.9])


@pytest.mark.parametrize("together", [1, 2, 3, 8])
@pytest.mark.parametrize("edge", [0, 1, 4, 7])
def test_a_ladder_stops_before_the_first_gap(edge: int, together: int) -> None:
    """However many rungs are tried at once; one that fits behind a gap is not taken."""
    rungs = list(range(7))
    assert descend(rungs, lambda some: [rung < edge or rung == 6 for rung in some], together) == (
        7 if edge >= 6 else edge
    )


class Measured:
    """Falls by a cost for every step below 8, another one for each coordinate; counts how often it is asked."""

    def __init__(self, costs: dict[str, float]) -> None:
        self.costs = costs
        self.asked = 0

    def __call__(self, points: Sequence[Point]) -> list[float]:
        self.asked += len(points)
        return [1 - sum((8 - point[name]) * cost for name, cost in self.costs.items()) for point in points]


def test_greedy_goes_down_where_it_costs_least_and_keeps_the_floor() -> None:
    measure = Measured({"cheap": 0.001, "dear": 0.03, "never": 0.2})
    found = greedy({"cheap": 8, "dear": 8, "never": 8}, 2, 0.9, measure)
    assert found == {"cheap": 2, "dear": 5, "never": 8}
    assert measure([found])[0] >= 0.9
    assert all(measure([{**found, name: found[name] - 1}])[0] < 0.9 for name in ("dear", "never")), (
        "no step further fits"
    )


def test_greedy_from_the_floor_tries_nothing() -> None:
    measure = Measured({"one": 0.1})
    assert greedy({"one": 2}, 2, 0.0, measure) == {"one": 2}
    assert measure.asked == 0


def test_an_estimator_finds_the_costs_and_owns_up_to_noise() -> None:
    pytest.importorskip("scipy")
    from t2c.flows.estimator import Estimator, fit, relative_error

    random = np.random.default_rng(3)
    designs = [
        {"adder_bits": int(random.integers(50, 5000)), "register_bits": int(random.integers(50, 5000))}
        for _ in range(9)
    ]
    exact = [{"lut": d["adder_bits"] + 2 * d["register_bits"], "dsp": 0} for d in designs]
    found = fit(designs, exact, ("lut", "dsp"))
    assert found.costs["lut"] == pytest.approx({"adder_bits": 1, "register_bits": 2})
    assert found.estimate({"adder_bits": 100, "register_bits": 7, "unheard": 5}) == {"lut": 114, "dsp": 0}
    assert found.median_error("lut") < 1e-9
    assert Estimator.from_json(found.to_json()) == found
    noisy = [
        {"lut": round(count["lut"] * (1.5 if number % 2 else 0.7)), "dsp": 0} for number, count in enumerate(exact)
    ]
    assert fit(designs, noisy, ("lut",)).median_error("lut") > 0.1
    assert relative_error(3, 0) == 3
    with pytest.raises(FlowError, match="at least 3 designs"):
        fit(designs[:2], exact[:2], ("lut",))
