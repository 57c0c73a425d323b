"""The curves and plots of the page, read back: what is where, what is marked, and which trials are the front."""

from __future__ import annotations

import json
import random
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from t2c.flows.report.axes import axis
from t2c.flows.report.chart import HEIGHT, WIDTH
from t2c.flows.report.curves import curves
from t2c.flows.report.decided import decided
from t2c.flows.report.markup import joined
from t2c.flows.report.page import report_page
from t2c.flows.report.pareto import pareto_svg, score_svg
from t2c.flows.report.taken import chosen_trials
from t2c.flows.report.trial_table import trial_table
from tests.flows.flow_runs import run_toy
from tests.flows.html_tree import Node, read_html
from tests.flows.report_case import FIT, MIX, SENSES, TRAIN, pruned, quantised, scaled, searched

SEARCHED = {"objectives": SENSES, "method": "bayes"}


def centre(node: Node) -> tuple[float, float]:
    return float(node.attributes["cx"]), float(node.attributes["cy"])


def points(picture: Node, sort: str) -> list[Node]:
    return picture.all("circle", class_=sort)


def trials_of(values: list[tuple[float, float]], names: tuple[str, str] = ("good", "cost")) -> list[dict[str, Any]]:
    return [
        {"settings": {"a.b": n}, "objectives": dict(zip(names, pair, strict=True))} for n, pair in enumerate(values)
    ]


@pytest.mark.parametrize("senses", [("max", "min"), ("max", "max"), ("min", "min"), ("min", "max")])
@pytest.mark.parametrize("seed", range(4))
def test_the_front_is_exactly_what_nothing_dominates(senses: tuple[str, str], seed: int) -> None:
    """Held to the definition: worse in one objective than another trial and better in none."""
    chance = random.Random(seed)
    values = [(float(chance.randrange(8)), float(chance.randrange(8))) for _ in range(30)]
    picture = read_html(pareto_svg(trials_of(values), dict(zip(("good", "cost"), senses, strict=True)), chosen=3))

    def better(a: float, b: float, sense: str) -> bool:
        return a > b if sense == "max" else a < b

    wanted = set()
    for index, here in enumerate(values):
        beaten = any(
            any(better(a, b, s) for a, b, s in zip(there, here, senses, strict=True))
            and not any(better(b, a, s) for a, b, s in zip(there, here, senses, strict=True))
            for there in values
        )
        if not beaten:
            wanted.add(f"trial {index + 1}")
    assert {node.text().splitlines()[0] for node in points(picture, "front")} == wanted
    assert len(points(picture, "dominated")) == len(values) - len(wanted)
    assert f"front ({len(wanted)} of 30 trials)" in picture.text()


@pytest.mark.parametrize("senses", [("max", "min"), ("max", "max"), ("min", "min"), ("min", "max")])
def test_the_line_parts_the_front_from_what_it_dominates(senses: tuple[str, str]) -> None:
    """Every dominated point lies on the worse side of the stairs, or on them."""
    chance = random.Random(9)
    values = [(chance.random(), chance.random()) for _ in range(60)]
    names = dict(zip(("good", "cost"), senses, strict=True))
    picture = read_html(pareto_svg(trials_of(values), names, pair=("cost", "good")))
    line = picture.one("polyline", class_="line").attributes["points"]
    corners = [tuple(map(float, corner.split(","))) for corner in line.split()]
    best = [centre(node) for node in points(picture, "front")]
    assert {*best} <= {*corners}
    right, below = (1 if senses[1] == "min" else -1), (-1 if senses[0] == "min" else 1)

    def worse(here: tuple[float, ...], there: tuple[float, ...]) -> bool:
        """In no objective better, within what is rounded."""
        return right * (here[0] - there[0]) >= -0.11 and below * (here[1] - there[1]) >= -0.11

    for here in [*corners, *(centre(node) for node in points(picture, "dominated"))]:
        assert any(worse(here, there) for there in best)
    for (x, y), (to_x, to_y) in pairwise(corners):
        assert x == to_x or y == to_y, "stairs"


def test_the_front_of_three_objectives_is_that_of_all_and_not_joined() -> None:
    trials = [
        {"settings": {}, "objectives": {"a": float(n % 3), "b": float(n // 3), "c": 1.0 if n == 0 else 0.0}}
        for n in range(9)
    ]
    picture = read_html(pareto_svg(trials, {"a": "max", "b": "max", "c": "max"}, pair=("b", "a")))
    assert {node.text().splitlines()[0] for node in points(picture, "front")} == {"trial 1", "trial 9"}
    assert picture.all("polyline") == []


def test_what_went_on_is_ringed_and_its_settings_are_shown() -> None:
    step = searched()
    picture = read_html(joined(curves(step, SEARCHED)))
    (front,) = [
        node for node in points(picture, "front") if node.text().startswith(f"trial {step.decision['trial'] + 1}\n")
    ]
    assert centre(picture.one("circle", class_="chosen")) == centre(front)
    settings = step.decision["settings"]
    assert f"prune.most = {settings['prune.most']:.4g}" in front.text()
    assert f"mix.activation_bits = {settings['mix.activation_bits']}" in front.text()
    assert f"estimated_lut: {step.decision['objectives']['estimated_lut']:,.0f}" in front.text()


def test_axes_say_their_units_and_senses_and_are_logarithmic_over_20_times() -> None:
    wide = read_html(
        pareto_svg(trials_of([(0.9, 10.0), (0.95, 201.0)], ("accuracy", "lut")), {"accuracy": "max", "lut": "min"})
    )
    near = read_html(
        pareto_svg(trials_of([(0.9, 10.0), (0.95, 200.0)], ("accuracy", "lut")), {"accuracy": "max", "lut": "min"})
    )
    assert {"LUTs (min) (logarithmic)", "accuracy in % (max)"} <= {text.text() for text in wide.all("text")}
    assert {"LUTs (min)", "accuracy in % (max)"} <= {text.text() for text in near.all("text")}


def test_a_plot_can_be_a_file_and_everything_is_in_the_frame() -> None:
    for picture in (
        *curves(searched(), SEARCHED),
        *curves(scaled(0.967), {}),
        *curves(pruned(0.934, 0.949375, 0.951), {}),
    ):
        root = ElementTree.fromstring(picture)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        for circle in root.iter("{http://www.w3.org/2000/svg}circle"):
            assert 0 < float(circle.attrib["cx"]) < WIDTH
            assert 0 < float(circle.attrib["cy"]) < HEIGHT
    assert pareto_svg(searched().trials, SENSES) == pareto_svg(json.loads(json.dumps(searched().trials)), SENSES)


def test_the_best_score_so_far_never_falls(tmp_path: Path) -> None:
    scores = [0.5, 0.7, 0.6, 0.9, 0.1]
    trials = [{"settings": {"a.b": n}, "objectives": {"score": score}} for n, score in enumerate(scores)]
    picture = read_html(score_svg(trials, chosen=3))
    line = [tuple(map(float, corner.split(","))) for corner in picture.one("polyline").attributes["points"].split()]
    assert [y for _, y in line] == sorted((y for _, y in line), reverse=True)
    spots = points(picture, "trial")
    assert len(spots) == 5
    assert centre(picture.one("circle", class_="chosen")) == centre(spots[3])
    assert line[-1][1] == centre(spots[3])[1]


def test_pruning_shows_floor_bracket_and_what_fits() -> None:
    step = pruned(0.934, 0.949375, 0.951)
    picture = read_html(joined(curves(step, {})))
    assert picture.one("line", class_="level").text() == "floor 95.10\N{NO-BREAK SPACE}%"
    assert picture.one("rect", class_="band").text() == "fits at 0.934, not at 0.9494"
    assert len(points(picture, "fits")) == sum(trial["accuracy"] >= 0.951 for trial in step.trials) == 5
    assert len(points(picture, "misses")) == 3
    band = picture.one("rect", class_="band").attributes
    ring = centre(picture.one("circle", class_="chosen"))
    assert ring[0] == pytest.approx(float(band["x"]))
    assert ring in [centre(node) for node in points(picture, "fits")]
    level = float(picture.one("line", class_="level").attributes["y1"])
    assert all(centre(node)[1] <= level for node in points(picture, "fits"))
    assert all(centre(node)[1] > level for node in points(picture, "misses"))


def test_a_pruning_that_kept_all_has_no_bracket_and_no_ring() -> None:
    step = pruned(0.934, 0.949375, 0.951)
    kept = replace(step, decision={**step.decision, "sparsity": 0.0, "fails_at": 0.02})
    picture = read_html(joined(curves(kept, {})))
    assert points(picture, "chosen") == []
    whole = replace(step, decision={**step.decision, "fails_at": None})
    assert read_html(joined(curves(whole, {}))).all("rect", class_="band") == []


@pytest.mark.parametrize(("step", "taken"), [(scaled(0.967), 3), (MIX, 4), (quantised(0.9655), 15)])
def test_what_was_taken_is_ringed(step: Any, taken: int) -> None:
    picture = read_html(joined(curves(step, {})))
    spots = points(picture, "fits") + points(picture, "misses")
    assert len(spots) == len(step.trials)
    (there,) = [node for node in spots if node.text().startswith(f"trial {taken + 1}\n")]
    assert centre(picture.one("circle", class_="chosen")) == centre(there)


def test_quantisation_shows_the_bits_of_each_layer() -> None:
    table = read_html(joined(curves(quantised(0.9655), {}))).one("table", class_="bits")
    rows = [[cell.text() for cell in row.children if isinstance(cell, Node)] for row in table.all("tr")]
    assert rows == [
        ["bits", "all others", "input", "conv1", "conv2", "fc1", "fc2"],
        ["weights", "6", "\N{EN DASH}", "6", "4", "3", "5"],
        ["results", "6", "5", "4", "4", "5", "\N{EN DASH}"],
    ]


def test_a_fit_shows_the_error_of_each_variant() -> None:
    picture = read_html(joined(curves(FIT, {})))
    assert [len(points(picture, f"{name}_error")) for name in ("lut", "ff", "dsp")] == [12, 12, 12]
    assert "lut error 1.00\N{NO-BREAK SPACE}%" in points(picture, "lut_error")[0].text()


def test_trials_of_a_task_of_ones_own_are_a_table(tmp_path: Path) -> None:
    finished = run_toy(
        tmp_path,
        """
make: {task: toy:Make, size: 64}
less: {task: toy:Shrink, tolerance: 0.1}
end: {task: STOP}
""",
    )
    step = finished.finalists[0].history[1]
    assert curves(step, {}) == []
    table = read_html(trial_table(step.trials, chosen_trials(step)))
    rows = [[cell.text() for cell in row.children if isinstance(cell, Node)] for row in table.all("tr")]
    assert rows[0] == ["trial", "factor", "size", "accuracy", "files"]
    assert [row[1:3] for row in rows[1:]] == [["0.25", "16"], ["0.5", "32"], ["0.75", "48"]]
    (chosen,) = table.all("tr", class_="chosen")
    assert chosen.text().startswith("1 ✓0.25")
    assert [node.text() for node in table.all("a")] == [trial["folder"] for trial in step.trials]


@pytest.mark.parametrize(
    "kind", ["PRUNE", "SCALE", "QUANTIZE", "MIX", "FIT", "SEARCH", "LOOP", "FORK", "VERIFY", "JOIN"]
)
def test_a_task_that_borrows_a_name_is_shown_as_any_other(kind: str) -> None:
    """Such as one of a plug-in: neither its trials nor its decision are as ours."""
    step = replace(TRAIN, kind=kind, trials=({"odd": [1, {"a": None}]}, {"other": "x"}), decision={"mood": "good"})
    assert curves(step, {}) == []
    assert decided(step) == "mood good"


@pytest.mark.parametrize(
    "values", [[1.0], [0.0, 0.0], [0.97, 0.97], [-3.0, 4.0], [0.0, 1e6], [1e-9, 1e9], [5, 100], [99.99, 100.0]]
)
def test_an_axis_holds_its_values_between_round_marks(values: list[float]) -> None:
    found = axis("x", values)
    assert all(-1e-9 <= found.share(value) <= 1 + 1e-9 for value in values)
    assert 2 <= len(found.marks) <= 20
    assert list(found.marks) == sorted(set(found.marks))
    assert found.log == (min(values) > 0 and max(values) / min(values) > 20)


def test_every_search_of_a_page_has_its_plot() -> None:
    from tests.flows.report_case import case_result

    page = read_html(report_page(case_result()))
    titles = [node.text() for node in page.one("div", class_="tried").all("h3")]
    assert [title for title in titles if "variant 1" in title] == [
        *("scale: SCALE, variant 1", "prune: PRUNE, variant 1", "both: JOIN, variant 1", "fit: FIT, variant 1"),
        *("quantize: QUANTIZE, variant 1", "mix: MIX, variant 1", "search: SEARCH, variant 1"),
    ]
    assert len(page.all("svg", class_="chart")) == 12


def test_a_trial_is_the_chosen_one_only_if_all_agrees_that_it_has_in_common_with_the_decision() -> None:
    step = quantised(0.9655)
    assert chosen_trials(step) == [15]
    assert chosen_trials(replace(step, decision={**step.decision, "weight_bits": 2})) == []
    assert chosen_trials(replace(step, decision={"floor": 0.9})) == []
    assert chosen_trials(searched()) == [searched().decision["trial"]]
