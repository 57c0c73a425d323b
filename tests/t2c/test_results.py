"""docs/results.md has a line for every method and width, and `make results` keeps what is finished."""

from __future__ import annotations

import json
from concurrent.futures import Future
from pathlib import Path

import pytest

from benchmarks.results.__main__ import Kept, make
from benchmarks.results.rows import FORMATS, NETWORKS, PENDING, all_rows
from benchmarks.results.table import HEAD, page
from benchmarks.results.transformers import TITLE
from t2c.example_models.vit import VARIANTS
from t2c.methods import METHODS
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "results.md").read_text()


def cells(text: str) -> list[tuple[str, ...]]:
    """The first cells (method, widths, training, format) of every line of every table, by network title."""
    found, title = [], ""
    for line in text.splitlines():
        if line.startswith("## "):
            title = line[3:]
        elif title != TITLE and line.startswith("| ") and not line.startswith("| method"):
            found.append((title, *(cell.strip() for cell in line.strip("|").split("|")[:4])))
    return found


def test_the_page_has_every_row_once_and_no_other() -> None:
    wanted = [
        (
            NETWORKS[row.network].title,
            METHODS[row.method].title,
            f"{row.weight_bits} / {row.activation_bits}",
            METHODS[row.method].training,
            row.format,
        )
        for row in all_rows()
    ]
    assert sorted(cells(PAGE)) == sorted(wanted)
    assert PAGE.startswith(HEAD)
    assert PAGE.count("all equal") == len(wanted)


def test_every_method_has_rows_at_every_width_on_both_networks() -> None:
    rows = {(row.network, row.method, row.weight_bits) for row in all_rows()}
    for network in NETWORKS:
        wanted = [method for method in METHODS.values() if method.name not in PENDING]
        assert {(method.name, bits) for method in wanted for bits, _ in method.widths} == {
            (method, bits) for found, method, bits in rows if found == network
        }
    assert {row.format for row in all_rows()} == set(FORMATS)


class Pool:
    """Runs a job at once, as an executor would."""

    def __init__(self) -> None:
        self.ran: list[object] = []

    def submit(self, call: object, *arguments: object) -> Future[object]:
        self.ran.append(arguments[0])
        future: Future[object] = Future()
        future.set_result(call(*arguments))  # type: ignore[operator]
        return future


def test_a_finished_row_is_not_made_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = Kept(tmp_path)
    kept.save("a", {"accuracy": 0.5, "seconds": 1})
    pool = Pool()

    def job(name: str, folder: Path) -> dict[str, float]:
        assert folder == tmp_path
        return {"accuracy": 0.25, "seconds": 2}

    make(pool, kept, {"a": (job, "a"), "b": (job, "b")})  # type: ignore[arg-type]
    assert pool.ran == ["b"]
    assert json.loads((tmp_path / "b.json").read_text())["accuracy"] == 0.25
    assert kept.load("a") == {"accuracy": 0.5, "seconds": 1}
    assert not list(tmp_path.glob("*.tmp"))


def test_the_page_says_what_was_measured() -> None:
    row = all_rows()[0]
    floats = {name: {"accuracy": 0.9, "seconds": 1} for name in NETWORKS}
    figures = {"fake": 0.85, "integer": 0.84, "scale_error": 2e-5, "integers": 3_000_000, "seconds": 2}
    vit = {"float": 0.95, "fake_quantised": 0.94, "integer": 0.93, "integers": 11_200_000}
    transformers = {"variants": {variant.name: vit for variant in VARIANTS}, "integer": 0.93, "seconds": 3}
    text = page(floats, {row: figures}, transformers, 1.0, 2)
    assert "| 85.0% | 84.0% | +6.0 | 3 M, all equal | 20 ppm |" in text
    assert text.count("| 95.0% | 94.0% | 93.0% | +2.0 | 11.2 M, equal |") == len(VARIANTS)


def test_the_page_has_both_layer_norms_and_the_price_of_running_statistics() -> None:
    """One row a variant; switched on after training, running statistics cost tens of points, trained with few."""
    lines = [line.strip("|").split("|") for line in PAGE.partition(f"## {TITLE}\n")[2].splitlines() if "`vit2" in line]
    integer = {line[0].strip(" `"): float(line[5].strip(" %")) for line in lines}
    assert list(integer) == [variant.name for variant in VARIANTS]
    assert integer["vit2"] - integer["vit2_switched"] > 20
    assert integer["vit2"] - integer["vit2_running"] < 5
