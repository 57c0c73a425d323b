"""`t2c tune`: never more cycles, never more bits, what the docs show; and the command that it prints runs."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from t2c.__main__ import main
from t2c.common.errors import UserError
from t2c.contract.hardware import Hardware
from t2c.golden.errors import PackageError, UnsupportedError
from t2c.golden.graph.find_package import open_package
from t2c.golden.graph.graph import Graph
from t2c.mapping.compiler import ALL, compile_program
from t2c.mapping.cycles import total_cycles
from t2c.mapping.tuning import GIVEN, IMAGES, MEMORIES, SHAPE, memory_bits, tuned
from tests.conftest import ROOT

SHOWN = re.findall(
    r"^    \$ t2c (tune .*)\n((?:    .*\n|\n(?=    [^$]))+)", (ROOT / "docs/compiler.md").read_text(), re.MULTILINE
)
"""Commands of the docs, and what they print."""
TIGHT = Hardware(
    rows=8, cols=8, act_depth=200, wgt_depth=1000, par_depth=16, acc_depth=64, prg_depth=1 << 11, tbl_depth=256
)
NOT_TIGHT = "--act-depth 700 --wgt-depth 1000 --par-depth 16 --acc-depth 64 --prg-depth 1024 --tbl-depth 256"


@pytest.fixture(scope="module")
def digits() -> Graph:
    return open_package("digits_w8a8")[1].graph


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize(("command", "wanted"), SHOWN, ids=[command.split()[1] for command, _ in SHOWN])
def test_the_docs_show_what_it_prints(command: str, wanted: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A tenth of the cycles at least, of both."""
    assert main(shlex.split(command)) == 0
    printed = capsys.readouterr().out
    assert [line.strip() for line in wanted.rstrip().split("\n")] == [line.strip() for line in printed.split("\n")][:-1]
    assert all(float(gain) >= 10 for gain in re.findall(r"([\d.]+)%", printed))
    assert printed.count("%") == 3


def test_both_networks_are_shown() -> None:
    assert [command.split()[1] for command, _ in SHOWN] == ["mobilenet_v1", "resnet20"]


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize(
    "depths",
    [
        {},
        {"wgt_depth": 100, "par_depth": 4, "prg_depth": 1 << 14},
        {"act_depth": 2000},
    ],
)
def test_never_more_cycles_or_bits_than_given(digits: Graph, depths: dict[str, int]) -> None:
    given = replace(TIGHT, **depths)
    budget = memory_bits(given)
    choices = tuned(digits, given, budget)
    assert [choice.name for choice in choices] == [GIVEN, MEMORIES, IMAGES, SHAPE]
    assert choices[0].cycles == total_cycles(compile_program(digits, ALL, given))
    assert all(after.cycles <= before.cycles for before, after in pairwise(choices))
    for choice in choices:
        program, hardware = choice.program, choice.program.hardware
        assert choice.bits == memory_bits(hardware) <= budget
        assert hardware.rows * hardware.cols == 64
        again = compile_program(digits, ALL, hardware, batch=program.batch)
        np.testing.assert_array_equal(again.words(), program.words())
        assert total_cycles(again) == choice.cycles * program.batch


def test_what_is_given_stays_where_the_grid_has_nothing_better(digits: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("t2c.mapping.tuning.ACC_DEPTHS", (2,))
    monkeypatch.setattr("t2c.mapping.tuning._ACC", 2)
    given = replace(TIGHT, act_depth=448, wgt_depth=968, par_depth=14, prg_depth=570)
    choices = tuned(digits, given, memory_bits(given))
    assert [choice.cycles for choice in choices] == [4575] * 4
    assert [choice.program.hardware for choice in choices] == [given] * 4


@pytest.mark.slow
def test_it_finds_the_same_again(digits: Graph) -> None:
    first, second = (tuned(digits, TIGHT, memory_bits(TIGHT)) for _ in range(2))
    assert [choice.program.hardware for choice in first] == [choice.program.hardware for choice in second]
    assert [choice.cycles for choice in first] == [choice.cycles for choice in second]


@pytest.mark.slow
def test_an_array_of_another_shape_is_found(digits: Graph) -> None:
    """16x4 is slow on digits; with all memory that it wants 8x8 is not."""
    given = Hardware(rows=16, cols=4)
    *_, images, shape = tuned(digits, given, memory_bits(given))
    assert (shape.program.hardware.rows, shape.program.hardware.cols) == (8, 8)
    assert shape.cycles < images.cycles


@pytest.mark.slow
def test_what_is_given_may_not_fit(digits: Graph) -> None:
    """Then the list begins with what does."""
    given = replace(TIGHT, prg_depth=64, act_depth=2000, wgt_depth=3000)
    with pytest.raises(UnsupportedError):
        compile_program(digits, ALL, given)
    assert tuned(digits, given, memory_bits(given))[0].name == MEMORIES


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("backend", ["model", "rtl"])
def test_the_command_that_it_prints_takes_so_many_cycles(
    backend: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = tmp_path / "found.json"
    assert main(["tune", "digits_w8a8", *NOT_TIGHT.split(), "--out", str(found)]) == 0
    said = capsys.readouterr().out.rstrip().split("\n")[-1]
    last = json.loads(found.read_text())
    assert (last["command"], last["choices"][-1]["images"]) == (said, 2)
    assert main([*shlex.split(said)[1:], "--backend", backend, "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "verdict   PASS" in printed
    assert "2 images, 2 at a time" in printed
    total = re.search(r"^total .*$", printed, re.MULTILINE)
    assert total
    assert total[0].split().count(f"{2 * last['choices'][-1]['cycles_an_image']:,.0f}") == 2, "cycles and expected"


@pytest.mark.slow
def test_a_budget_takes_the_place_of_depths(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = tmp_path / "found.json"
    assert main(["tune", "digits_w8a8", "--budget", "24", "--out", str(found)]) == 0
    assert "does not fit" in capsys.readouterr().out
    last = json.loads(found.read_text())
    assert last["budget_bits"] == 24 * 8192
    assert all(choice["memory_bits"] <= 24 * 8192 for choice in last["choices"])


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        ("tune nothing", PackageError, "model = 'nothing' is not a package directory"),
        ("tune digits_w8a8 --budget 0", UserError, "budget = 0 is below 1"),
        ("tune digits_w8a8 --budget 1", UnsupportedError, "8,192 bits of memory do not hold the network 'digits_w8a8'"),
        ("sim digits_w8a8 --layer all --images 3 --batch 2", UserError, "batch = 2 does not divide images = 3"),
        ("sim digits_w8a8 --layer fc --batch 2", UserError, "batch = 2 needs layer = all, and neither unit nor dut"),
        ("sim digits_w8a8 --layer all --batch 0", UserError, "batch = 0 is below 1"),
    ],
)
def test_mistakes_are_one_line(words: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        main(words.split())
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
