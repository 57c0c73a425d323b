"""Words read with nothing but the manifest and the standard library are the same numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from t2c.contract.descriptor import DESCRIPTOR_WORDS, FIELDS, Descriptor
from t2c.contract.hardware import Hardware
from t2c.contract.parameter_lanes import decode_lanes
from t2c.golden.graph.package import Package, load_package
from t2c.golden.rom.text import RomFormat
from t2c.mapping.compiler import ALL, compile_program
from t2c.mapping.program import Program
from t2c.rom_folder.folder import Request, write_folder
from t2c.rom_folder.program_text import listing
from tests.conftest import ROOT

HARDWARE = Hardware(rows=8, cols=4, act_depth=300, wgt_depth=700)
FORMATS = (RomFormat.HEX, RomFormat.READMEMB, RomFormat.COE, RomFormat.MIF)


@pytest.fixture(scope="module")
def package(examples: Path) -> Package:
    return load_package(examples / "digits_w4a4")


@pytest.fixture(scope="module")
def program(package: Package) -> Program:
    return compile_program(package.graph, ALL, HARDWARE)


@pytest.fixture(scope="module")
def out(package: Package, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("roms")
    write_folder(package, Request(hardware=HARDWARE, formats=FORMATS, first_image=3, images=2), folder)
    return folder


@pytest.fixture(scope="module")
def record(out: Path) -> dict[str, Any]:
    return json.loads((out / "manifest.json").read_text())


def words_of(path: Path) -> list[int]:
    text = path.read_text()
    match path.suffix:
        case ".hex":
            return [int(line, 16) for line in text.split() if not line.startswith("@")]
        case ".memb":
            return [int(line, 2) for line in text.split() if not line.startswith("@")]
        case ".coe":
            return [int(word, 16) for word in text.partition("vector=")[2].rstrip().rstrip(";").split(",")]
        case _:
            return [int(word, 16) for word in re.findall(r"^[0-9a-f]+ : ([0-9a-f]+);$", text, re.MULTILINE)]


def elements(words: list[int], field: dict[str, Any]) -> Iterator[int]:
    """Every element of a field, word by word."""
    size = 1 << field["bits"]
    for word in words:
        for k in range(field["count"]):
            value = word >> (field["lsb"] + k * field["stride"]) & (size - 1)
            yield value - size if field["signed"] and value >= size // 2 else value


def image(record: dict[str, Any], name: str) -> dict[str, Any]:
    return next(entry for entry in record["images"] if entry["name"] == name)


def field(record: dict[str, Any], out: Path, name: str, of: str, fmt: str = "hex") -> list[int]:
    entry = image(record, name)
    words = words_of(out / entry["files"][fmt])
    assert len(words) == entry["words"]
    assert max(words).bit_length() <= entry["word_bits"]
    return list(elements(words, next(f for f in entry["fields"] if f["name"] == of)))


@pytest.mark.parametrize("fmt", [fmt.value for fmt in FORMATS])
def test_tensors(fmt: str, package: Package, record: dict[str, Any], out: Path) -> None:
    node = package.graph.node("conv3")
    for name, kind, wanted in (
        ("weight", "weight_s4", node.weight),
        ("multiplier", "multiplier_s16", node.mulquant.multiplier),
        ("bias", "bias_s40", node.mulquant.bias),
        ("shift", "shift_u6", node.mulquant.shift),
    ):
        part = next(p for p in image(record, f"tensors_{kind}")["parts"] if p["layer"] == "conv3")
        values = field(record, out, f"tensors_{kind}", name, fmt)[part["first"] : part["first"] + part["words"]]
        assert np.array_equal(np.array(values).reshape(part["shape"]), wanted)


@pytest.mark.sample(3)
@pytest.mark.parametrize("fmt", [fmt.value for fmt in FORMATS])
def test_memories_of_the_core(fmt: str, record: dict[str, Any], out: Path, package: Package) -> None:
    roomy = compile_program(package.graph, ALL, Hardware(rows=8, cols=4))
    folder = out.parent / f"roomy-{fmt}"
    request = Request(hardware=roomy.hardware, formats=(RomFormat(fmt),))
    write_folder(package, request, folder)
    other = json.loads((folder / "manifest.json").read_text())
    assert field(other, folder, "core_weights", "weight", fmt) == roomy.weights.reshape(-1).tolist()
    for name, wanted in zip(("multiplier", "bias", "shift"), decode_lanes(roomy.params, roomy.hardware), strict=True):
        assert field(other, folder, "core_params", name, fmt) == wanted.reshape(-1).tolist()


def test_the_lines_of_the_page_run(package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python of docs/roms.md, as printed: biases of the first parameter word."""
    block = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "roms.md").read_text(), re.DOTALL)
    assert block is not None
    hardware = Hardware(rows=4, cols=4)
    write_folder(package, Request(hardware=hardware), tmp_path / "roms")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(compile(block[1], "docs/roms.md", "exec"), names)
    lanes = compile_program(package.graph, ALL, hardware).params[0]
    assert names["lanes"] == [value % (1 << 40) for value in decode_lanes(lanes, hardware)[1].tolist()]


def test_the_program_in_three_ways(program: Program, record: dict[str, Any], out: Path) -> None:
    """Words, manifest and text tell the same steps."""
    words = field(record, out, "core_program", "word")
    assert words == program.words()
    names = [entry["name"] for entry in record["descriptor"]]
    for step, made in zip(record["program"], program.steps, strict=True):
        mine = words[step["address"] : step["address"] + DESCRIPTOR_WORDS]
        assert Descriptor.decode(mine) == made.descriptor
        assert step["op"] == made.op.name
        assert step["name"] == program.layer_names[step["layer"]]
        for name, value in step["fields"].items():
            assert mine[names.index(name)] == value % (1 << 32)
        read = {entry.name for entry in FIELDS if made.op in entry.readers}
        assert set(step["fields"]) == read - {"op", "layer"}
    text = (out / "core" / "program.txt").read_text()
    assert text == listing(program)
    assert len(re.findall(r"^ *\d+ +\d+ (LOAD|STORE|RUN|WEIGHTS|PARAMS|END) ", text, re.MULTILINE)) == len(
        program.steps
    )


def test_transfers_and_tlast(program: Program, record: dict[str, Any], out: Path) -> None:
    """tlast is set in the last beat of each transfer and in no other; there are tensors that visit the host here."""
    contents = {move["content"] for move in record["transfers"]}
    assert {"input", "weights", "params", "conv1"} <= contents
    for stream, name in (("s_axis", "input"), ("m_axis", "output")):
        moves = [move for move in record["transfers"] if move["stream"] == stream]
        per_run = record["vectors"]["words_of_a_run"][name]
        assert [move["first"] for move in moves] == np.cumsum([0, *(m["words"] for m in moves)])[:-1].tolist()
        assert sum(move["words"] for move in moves) == per_run
        last = field(record, out, f"vectors_{name}", "tlast")
        ends = {run * per_run + move["first"] + move["words"] - 1 for run in range(2) for move in moves}
        assert {index for index, value in enumerate(last) if value} == ends


def test_input_beats_are_the_samples(package: Package, record: dict[str, Any], out: Path, program: Program) -> None:
    """A digit has one channel: every bank holds it."""
    data = field(record, out, "vectors_input", "tdata")
    per_run = record["vectors"]["words_of_a_run"]["input"]
    move = next(move for move in record["transfers"] if move["content"] == "input")
    rows = move["words"] // package.samples.shape[-1]
    for run in range(2):
        start = run * per_run + move["first"]
        beats = data[start : start + move["words"]]
        pixels = package.samples[3 + run, 0, :rows].reshape(-1)
        assert beats == [int.from_bytes(bytes([value] * 8), "little") for value in pixels.tolist()]
    assert record["vectors"]["labels"] == package.labels[3:5].tolist()


def test_results_and_output_are_golden(package: Package, record: dict[str, Any], out: Path) -> None:
    """The last layer has ten logits; the words of the trace port and of the output stream hold them."""
    for run in range(2):
        logits = package.graph.run(package.samples[3 + run : 4 + run])[package.graph.output].reshape(-1)
        raw = [int(value) % 256 for value in logits]
        per_run = record["vectors"]["words_of_a_run"]["output"]
        lanes = field(record, out, "vectors_output", "lanes")[run * per_run :][:per_run][-2:]
        data = field(record, out, "vectors_output", "tdata")[run * per_run :][:per_run][-2:]
        assert [mask.bit_count() for mask in lanes] == [8, 2]
        assert [
            word >> 8 * k & 255 for word, mask in zip(data, lanes, strict=True) for k in range(mask.bit_count())
        ] == raw
        layer = next(entry for entry in record["results"] if entry["layer"] == "fc")
        start = run * record["vectors"]["words_of_a_run"]["results"] + layer["first"]
        here = slice(start, start + layer["words"])
        found = [field(record, out, "vectors_results", name)[here] for name in ("data", "banks", "lanes")]
        assert found[1:] == [[0x0F, 0xF0, 0x0F, 0xF0], [15, 15, 3, 0]]
        assert [word >> 8 * k & 255 for word, mask in zip(found[0], found[2], strict=True)
                for k in range(mask.bit_count())] == raw  # fmt: skip
