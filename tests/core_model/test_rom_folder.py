"""A folder of ROM images, read back from its files alone, runs on the model and gives the folder's own vectors."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from t2c.contract.hardware import Hardware
from t2c.core_model import CoreModel, QueueHost
from t2c.core_model.images import read_core, read_words
from t2c.core_model.results import Results
from t2c.core_model.stream_words import numbers_of
from t2c.golden.graph.package import load_package
from t2c.rom_folder.folder import Request, write_folder
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "core_model.md"
CORES = {
    "all memories": Hardware(rows=8, cols=4),
    "strips and streamed constants": Hardware(rows=8, cols=4, act_depth=300, wgt_depth=700),
}


@pytest.mark.parametrize("name", CORES)
def test_the_vectors_of_a_folder_come_out_of_the_model(name: str, examples: Path, tmp_path: Path) -> None:
    write_folder(
        load_package(examples / "digits_w4a4"), Request(hardware=CORES[name], first_image=3, images=2), tmp_path
    )
    record = json.loads((tmp_path / "manifest.json").read_text())
    hardware = Hardware(**{key.lower(): value for key, value in record["core"]["parameters"].items()})
    program, constants = read_core(tmp_path / "core", hardware)
    assert ("weights" in constants) == ("params" in constants) == (name == "all memories")
    model = CoreModel(hardware, program, **constants)
    stimulus, wanted, passing = (vectors(record, tmp_path, name) for name in ("input", "output", "results"))
    host = QueueHost(stimulus["tdata"], hardware, last=[bool(mark) for mark in stimulus["tlast"]])
    results: list[Results] = []
    for _ in range(2):
        results += [step.results for step in model.steps(host) if step.results is not None]
        assert model.cycles == record["core"]["cycles"]
    assert host.left == 0
    received = [masked(word, lanes, hardware.x_w) for word, lanes in zip(host.received, wanted["lanes"], strict=True)]
    assert received == [masked(*pair, hardware.x_w) for pair in zip(wanted["tdata"], wanted["lanes"], strict=True)]
    address, group, values = (
        np.concatenate([getattr(found, name) for found in results]) for name in ("address", "group", "values")
    )
    assert address.tolist() == passing["address"]
    assert [((1 << hardware.cols) - 1) << (g * hardware.cols) for g in group.tolist()] == passing["banks"]
    for row, data, lanes in zip(values.tolist(), passing["data"], passing["lanes"], strict=True):
        word = sum(value << (column * hardware.x_w) for column, value in enumerate(row))
        assert masked(word, lanes, hardware.x_w) == masked(data, lanes, hardware.x_w)


def vectors(record: dict[str, Any], folder: Path, name: str) -> dict[str, list[int]]:
    """The fields of a folder's vectors, as the manifest describes them."""
    image = next(image for image in record["images"] if image["name"] == f"vectors_{name}")
    words = numbers_of(read_words(folder / image["files"]["hex"], image["word_bits"]))
    return {field["name"]: [w >> field["lsb"] & ((1 << field["bits"]) - 1) for w in words] for field in image["fields"]}


def masked(word: int, lanes: int, bits: int) -> int:
    """Only the lanes that hold a channel."""
    return sum(word & (((1 << bits) - 1) << (lane * bits)) for lane in range(lanes.bit_length()) if lanes >> lane & 1)


def test_the_python_of_the_page_runs_as_printed(
    examples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    write_folder(load_package(examples / "digits_w4a4"), Request(hardware=Hardware(rows=8, cols=8)), tmp_path / "roms")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, str(PAGE), "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "0 LOAD layer 0 66 cycles"
    assert lines[-2].startswith("9 END layer 9 1 cycles")
    assert re.fullmatch(r"\['[0-9a-f]{16}', '[0-9a-f]{16}'\] DONE 4576", lines[-1]), lines[-1]


def test_the_options_of_the_page_are_those_of_the_command() -> None:
    shell = re.findall(r"^t2c sim digits_w8a8 (.*)$", PAGE.read_text(), re.MULTILINE)
    assert len(shell) == 2
    assert all("--backend model" in line for line in shell)
