"""`python -m t2c.mapping`: every image re-reads, the core's images are the simulator's, user errors are one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from t2c.contract.hardware import Hardware
from t2c.golden.errors import PackageError, RangeError
from t2c.golden.graph.node import AccumulatingNode, WeightedNode
from t2c.golden.graph.package import Package, load_package, save_package
from t2c.golden.nodes.add import Add
from t2c.golden.rom import tensors as rom_tensors
from t2c.golden.rom.image import load_rom
from t2c.golden.rom.text import RomFormat
from t2c.mapping import __main__ as command
from t2c.mapping.images import write_program
from t2c.mapping.program import Program
from t2c.tb.cosim.cosimulation import prepare
from t2c.tb.cosim.request import RunRequest
from t2c.tb.simulation.simulators import Simulator
from tests.conftest import ROOT
from tests.every_op import every_op_package

LANES, ROWS, COLS = 3, 4, 2
CORE = ("program", "weights", "params")
FORMATS = [fmt.value for fmt in RomFormat]


def roms(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "t2c.mapping", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def package(examples: Path) -> Package:
    return load_package(examples / "digits_w4a4")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The images of digits_w4a4 in every format, and what the command printed."""
    out = tmp_path_factory.mktemp("roms")
    size = ("--rows", ROWS, "--cols", COLS, "--lanes", LANES)
    done = roms("--model", "digits_w4a4", "--out", out, "--formats", ",".join(FORMATS), *size)
    assert (done.returncode, done.stderr) == (0, "")
    return out, done.stdout


def tensors(package: Package) -> dict[tuple[str, str], np.ndarray]:
    """Every constant of the package by (node, image name)."""
    found = {}
    for node in package.graph.nodes:
        if isinstance(node, WeightedNode):
            found[node.name, "weight"] = node.weight
        if isinstance(node, AccumulatingNode):
            for name in ("multiplier", "bias", "shift"):
                found[node.name, name] = getattr(node.mulquant, name)
        if isinstance(node, Add):
            add = node.addquant
            found[node.name, "multiplier"] = np.array([add.multiplier_a, add.multiplier_b])
            found[node.name, "bias"], found[node.name, "shift"] = np.array([add.bias]), np.array([add.shift])
    return found


@pytest.mark.parametrize("fmt", FORMATS)
def test_every_image_re_reads_to_the_package(fmt: str, package: Package, written: tuple[Path, str]) -> None:
    for (node, name), values in tensors(package).items():
        restored = load_rom(written[0] / node / f"{name}.{fmt}.json")
        assert restored.shape == values.shape
        assert np.array_equal(restored, values), (node, name)


def test_nothing_else_is_written(package: Package, written: tuple[Path, str]) -> None:
    images = {Path(node) / f"{name}.{fmt}" for node, name in tensors(package) for fmt in FORMATS}
    wanted = images | {image.with_name(f"{image.name}.json") for image in images}
    wanted |= {Path("core") / f"{name}.hex" for name in CORE}
    assert {path.relative_to(written[0]) for path in written[0].rglob("*") if path.is_file()} == wanted


def test_the_report_counts_the_images(package: Package, written: tuple[Path, str]) -> None:
    count = len(tensors(package)) * len(FORMATS) + len(CORE)
    assert written[1].splitlines()[-1] == f"examples/digits_w4a4: {count} images in {written[0]}"
    assert "conv1: 24 images, each re-read and equal\n" in written[1]
    assert "add: 18 images, each re-read and equal\n" in written[1]
    assert "core: program, weights, params for a 4x2 array, each re-read and equal\n" in written[1]


@pytest.mark.parametrize(
    ("image", "wanted"),
    [
        (
            "conv2/weight.hex",
            {"bits": 4, "signed": True, "lanes": LANES, "word_bits": 12, "shape": [16, 16, 3, 3], "axes": "OIHW"}
            | {"count": 2304, "words": 768, "image": "weight.hex", "image_format": "hex"},
        ),
        ("fc/weight.mif", {"bits": 4, "lanes": LANES, "shape": [10, 32], "axes": "OI", "image_format": "mif"}),
        ("conv2/multiplier.bin", {"bits": 16, "signed": True, "lanes": 1, "shape": [16], "endianness": "little"}),
        ("conv2/bias.hex", {"bits": 40, "signed": True, "lanes": 1, "axes": "O", "lane_order": "lsb_first"}),
        ("conv2/shift.memb", {"bits": 6, "signed": False, "lanes": 1, "shape": [16], "words": 16}),
        ("add/multiplier.coe", {"bits": 16, "signed": True, "shape": [2], "axes": "I"}),
    ],
)
def test_manifest_says_how_to_read_the_image(image: str, wanted: dict[str, object], written: tuple[Path, str]) -> None:
    record = json.loads((written[0] / f"{image}.json").read_text())
    assert {key: record[key] for key in wanted} == wanted


def test_core_images_are_those_of_the_simulator(package: Package, written: tuple[Path, str], tmp_path: Path) -> None:
    hardware, nowhere = Hardware(rows=ROWS, cols=COLS), Simulator(name="icarus", version="0")
    job = prepare(package, "m", RunRequest(layer="all"), hardware, nowhere, tmp_path)
    for name in CORE:
        image = (written[0] / "core" / f"{name}.hex").read_bytes()
        assert image == job.prepared.plusargs[name].read_bytes()
        assert len(set(image.splitlines())) > 1


def test_a_package_with_every_operation(tmp_path: Path) -> None:
    """matmul and average_pool2d have MulQuant constants and no weights; pooling and flatten have nothing."""
    save_package(every_op_package(), tmp_path / "model")
    done = roms("--model", tmp_path / "model", "--out", tmp_path / "out", "--formats", "hex")
    assert done.returncode == 0, done.stderr
    folders = {path.name for path in (tmp_path / "out").iterdir()}
    assert folders == {"left", "right", "sum", "mean", "product", "fc"}
    quant = every_op_package().graph.node("product").mulquant
    assert load_rom(tmp_path / "out" / "product" / "multiplier.hex.json").tolist() == quant.multiplier.tolist()
    note = "core: no images for a 8x8 array: layer 'product': the core does not run matmul\n"
    assert done.stdout.count(note) == 1
    assert f": {len(tensors(every_op_package()))} images in " in done.stdout


def test_hardware_too_narrow_for_the_sums_writes_nothing(examples: Path, tmp_path: Path) -> None:
    hardware = Hardware(rows=8, cols=8, acc_w=21)
    with pytest.raises(RangeError, match="accumulator needs 22 bits, ACC_W = 21 could overflow"):
        command.core_roms(load_package(examples / "digits_w8a8").graph, hardware, tmp_path / "core")
    assert not (tmp_path / "core").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--formats", "hex,txt"), "format = 'txt' is not one of hex, memb, bin, dec, coe, mif"),
        (("--formats", ""), "format = '' is not one of"),
        (("--model", "foo"), "--model = 'foo' is not a package directory; the examples are digits_apot, digits_sp2"),
        (("--rows", "1"), "ROWS = 1 is outside 2..256"),
        (("--cols", "0"), "COLS = 0 is outside 1..256"),
        (("--cols", "3"), "ROWS = 8 is not a multiple of COLS = 3"),
        (("--cols", "abc"), "--cols: invalid int value: 'abc'"),
        (("--lanes", "0"), "lanes = 0 is outside 1..4096"),
        (("--depth", "3"), "unrecognized arguments: --depth 3"),
    ],
)
def test_a_user_error_is_one_line_and_status_2(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    done = roms("--out", tmp_path / "out", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_out_is_required() -> None:
    done = roms()
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "the following arguments are required: --out" in done.stderr


@pytest.mark.parametrize("place", ["out", "out/conv1"])
def test_a_file_where_a_folder_is_wanted(place: str, tmp_path: Path) -> None:
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text("mine")
    done = roms("--out", tmp_path / "out")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert os.path.basename(place) in done.stderr
    assert (tmp_path / place).read_text() == "mine"


def test_a_damaged_package_is_one_line(examples: Path, tmp_path: Path) -> None:
    (tmp_path / "graph.json").write_bytes((examples / "digits_w4a4" / "graph.json").read_bytes())
    done = roms("--model", tmp_path, "--out", tmp_path / "out")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "tensors.npz: the tensor file is missing" in done.stderr
    assert not (tmp_path / "out").exists()


def test_an_image_that_does_not_re_read_is_an_error(
    package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One wrong bit on its way to the disk; the command looks at what it wrote."""
    real = rom_tensors.save_rom
    monkeypatch.setattr(
        rom_tensors, "save_rom", lambda path, values, *rest, **more: real(path, values ^ 1, *rest, **more)
    )
    with pytest.raises(PackageError, match=r"weight\.hex: the image does not re-read to the same integers"):
        rom_tensors.tensor_roms(package.graph.node("fc"), tmp_path, 1, [RomFormat.HEX])


@pytest.mark.parametrize("name", CORE)
def test_a_core_image_that_does_not_re_read_is_an_error(
    name: str, package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(program: Program, folder: Path) -> dict[str, Path]:
        files = write_program(program, folder)
        lines = files[name].read_text().splitlines()
        lines[3] = f"{int(lines[3], 16) ^ 1:0{len(lines[3])}x}"
        files[name].write_text("\n".join(lines) + "\n")
        return files

    monkeypatch.setattr(command, "write_program", write)
    with pytest.raises(PackageError, match=rf"{name}\.hex: the image does not re-read to the same integers"):
        command.core_roms(package.graph, Hardware(rows=ROWS, cols=COLS), tmp_path)
