"""docs/flows.md has the tables and plots that its record gives, and nothing of the machine that ran the flows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.flows.__main__ import FLOWS, PAGE, RECORD
from benchmarks.flows.page import plots, sections
from benchmarks.page import replaced

TEXT = RECORD.read_text()


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    return dict(json.loads(TEXT))


def test_the_page_is_what_the_record_gives(record: dict[str, Any]) -> None:
    text = PAGE.read_text()
    for name, said in sections(record, FLOWS).items():
        text = replaced(text, name, said)
    assert text == PAGE.read_text()


def test_every_plot_is_there_and_no_other(record: dict[str, Any]) -> None:
    assert {path.name: path.read_text() for path in PAGE.parent.glob("flows_*.svg")} == {
        file: str(picture) for name, one in record.items() for file, (_, picture) in plots(name, one).items()
    }


def test_a_flow_that_was_not_run_says_so(record: dict[str, Any]) -> None:
    assert "has not been run yet" in sections({}, ["jet_spq"])["jet_spq"]
    assert "Verified: 1 of 1" in sections(record, ["jet_spq"])["jet_spq"]


def test_a_finalist_that_differs_is_not_called_equal(record: dict[str, Any]) -> None:
    damaged = json.loads(json.dumps(record["jet_spq"]))
    (verified,) = (m for m in damaged["result"]["finalists"][0]["metrics"] if m["name"] == "verified")
    verified["value"] = 0.0
    said = sections({"jet_spq": damaged}, ["jet_spq"])["jet_spq"]
    assert "Verified: 0 of 1" in said
    assert "NOT ALL EQUAL" in said


def test_the_record_names_no_place_of_a_machine() -> None:
    assert "/examples/flows" not in TEXT.replace('"examples/flows', "")
    assert '"/' not in TEXT
