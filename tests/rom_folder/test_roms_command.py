"""`make roms`: images re-read, every file is in the manifest, a folder is whole or as before, errors are one line."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from t2c.common.command import run
from t2c.common.errors import UserError
from t2c.contract.descriptor import DESCRIPTOR_WORDS
from t2c.contract.hardware import Hardware
from t2c.golden.errors import PackageError
from t2c.golden.graph.node import AccumulatingNode, WeightedNode
from t2c.golden.graph.package import Package, load_package, save_package
from t2c.golden.nodes.add import Add
from t2c.golden.rom.text import RomFormat
from t2c.mapping.compiler import ALL, compile_program
from t2c.rom_folder import image as rom_image
from t2c.rom_folder.__main__ import main
from t2c.rom_folder.folder import Request, write_folder
from t2c.rom_folder.image import ORIGIN, Image
from t2c.rom_folder.manifest import MANIFEST, RomFolder
from t2c.tb.cosim.cosimulation import prepare
from t2c.tb.cosim.request import RunRequest
from t2c.tb.simulation.simulators import Simulator
from tests.conftest import ROOT
from tests.every_op import every_op_package

LANES, ROWS, COLS, IMAGES = 3, 4, 2, 2
SMALL = Hardware(rows=ROWS, cols=COLS)
CORE = ("program", "weights", "params")
VECTORS = ("input", "output", "results")
FORMATS = [fmt.value for fmt in RomFormat]
LOADERS = {"load_roms.v", "load_roms.c", "run_core.v"}


def roms(*arguments: object) -> subprocess.CompletedProcess[str]:
    """The command in this process: what it prints and its status."""
    words, out, err = [str(word) for word in arguments], io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as stop:
        run(lambda: main(words), extra=(UserError,))
    return subprocess.CompletedProcess(words, int(stop.value.code or 0), out.getvalue(), err.getvalue())


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def package(examples: Path) -> Package:
    return load_package(examples / "digits_w4a4")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The images of digits_w4a4 in every format, and what the command printed."""
    out = tmp_path_factory.mktemp("parent") / "roms"
    size = ("--rows", ROWS, "--cols", COLS, "--lanes", LANES, "--images", IMAGES)
    words = ("--model", "digits_w4a4", "--out", out, "--formats", ",".join(FORMATS), *size)
    command = [sys.executable, "-m", "t2c.rom_folder", *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return out, done.stdout


def tensors(package: Package) -> dict[tuple[str, str], np.ndarray]:
    """Every constant of the package by (node, name)."""
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
    folder = RomFolder.open(written[0])
    for (node, name), values in tensors(package).items():
        restored = folder.tensor(node, name, RomFormat(fmt))
        assert restored.shape == values.shape
        assert np.array_equal(restored, values), (node, name)
    program = compile_program(package.graph, ALL, SMALL)
    wanted = {"program": np.array(program.words()), "weights": program.weights, "params": program.params}
    for name, values in wanted.items():
        assert np.array_equal(folder.values(f"core_{name}", RomFormat(fmt)), values.reshape(-1).astype(np.int64))


def test_the_manifest_has_every_file_and_only_those(package: Package, written: tuple[Path, str]) -> None:
    record = json.loads((written[0] / MANIFEST).read_text())
    there = set(files(written[0]))
    assert there == {*record["files"], MANIFEST}
    images = {name for image in record["images"] for name in image["files"].values()}
    kinds = {"weight_s4", "multiplier_s16", "bias_s40", "shift_u6"}
    wanted = {f"{f}/{n}.{fmt}" for f, names in (("tensors", kinds), ("core", CORE)) for n in names for fmt in FORMATS}
    wanted |= {f"vectors/{name}.hex" for name in VECTORS}
    assert images == wanted
    assert there == images | LOADERS | {MANIFEST, "roms.vh", "roms.h", "core/program.txt"}
    parts = [
        (part["layer"], image["fields"][0]["name"]) for image in record["images"] for part in image.get("parts", ())
    ]
    assert sorted(parts) == sorted(tensors(package))


def test_one_format_makes_few_files(examples: Path, tmp_path: Path) -> None:
    write_folder(load_package(examples / "resnet20"), Request(hardware=Hardware()), tmp_path)
    assert len(files(tmp_path)) == 17


def test_the_report_counts_the_images(written: tuple[Path, str]) -> None:
    count = len(files(written[0]))
    assert written[1].splitlines() == [
        "core: 18 images, each re-read and equal",
        "tensors: 24 images, each re-read and equal",
        "vectors: 3 images, each re-read and equal",
        f"examples/digits_w4a4: {count} files in {written[0]}, all in manifest.json",
    ]


@pytest.mark.parametrize(
    ("image", "layer", "wanted"),
    [
        ("tensors_weight_s4", "conv2", {"shape": [16, 16, 3, 3], "axes": "OIHW", "words": 768, "first": 48}),
        ("tensors_weight_s4", "fc", {"shape": [10, 32], "axes": "OI", "words": 107}),
        ("tensors_multiplier_s16", "conv2", {"shape": [16], "axes": "O", "words": 16, "first": 16}),
        ("tensors_multiplier_s16", "add", {"shape": [2], "axes": "I", "words": 2}),
        ("tensors_bias_s40", "conv2", {"shape": [16], "words": 16}),
    ],
)
def test_manifest_says_where_a_tensor_lies(
    image: str, layer: str, wanted: dict[str, object], written: tuple[Path, str]
) -> None:
    entry = RomFolder.open(written[0]).image(image)
    part = next(part for part in entry["parts"] if part["layer"] == layer)
    assert {key: part[key] for key in wanted} == wanted
    assert sum(part["words"] for part in entry["parts"]) == entry["words"]


@pytest.mark.parametrize(
    ("image", "wanted"),
    [
        ("tensors_weight_s4", {"bits": 4, "signed": True, "lanes": LANES, "word_bits": 12, "lane_order": "lsb_first"}),
        ("tensors_multiplier_s16", {"bits": 16, "signed": True, "lanes": 1, "endianness": "little"}),
        ("tensors_bias_s40", {"bits": 40, "signed": True, "lanes": 1}),
        ("tensors_shift_u6", {"bits": 6, "signed": False, "lanes": 1}),
        ("core_params", {"bits": 62, "signed": False, "lanes": COLS, "word_bits": 124}),
    ],
)
def test_manifest_says_how_to_read_the_image(image: str, wanted: dict[str, object], written: tuple[Path, str]) -> None:
    entry = RomFolder.open(written[0]).image(image)
    assert {key: entry[key] for key in wanted} == wanted


def test_core_images_are_those_of_the_simulator(package: Package, written: tuple[Path, str], tmp_path: Path) -> None:
    nowhere = Simulator(name="icarus", version="0")
    job = prepare(package, "m", RunRequest(layer="all"), SMALL, nowhere, tmp_path)
    for name in CORE:
        image = (written[0] / "core" / f"{name}.hex").read_bytes()
        assert image == ORIGIN + job.prepared.plusargs[name].read_bytes()
        assert len(set(image.splitlines())) > 1


def test_a_package_with_every_operation(tmp_path: Path) -> None:
    """matmul and average_pool2d have MulQuant constants and no weights; pooling and flatten have nothing."""
    save_package(every_op_package(), tmp_path / "model")
    done = roms("--model", tmp_path / "model", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    folder = RomFolder.open(tmp_path / "out")
    folder.check()
    parts = {part["layer"] for image in folder.record["images"] for part in image["parts"]}
    assert parts == {"left", "right", "sum", "mean", "product", "fc"}
    for (node, name), values in tensors(every_op_package()).items():
        assert np.array_equal(folder.tensor(node, name), values)
    reason = "layer 'product': the second operand 'mean' has the zero point -5, the core takes 0 alone"
    assert done.stdout.count(f"core: no images for a 8x8 array: {reason}\n") == 1
    assert folder.record["core"] == {"refused": reason}
    assert {p.name for p in (tmp_path / "out").iterdir()} == (LOADERS - {"run_core.v"}) | {
        *("tensors", "roms.h", "roms.vh", MANIFEST)
    }


def test_hardware_too_narrow_for_the_sums_gives_no_core_images(examples: Path, tmp_path: Path) -> None:
    hardware = Hardware(rows=8, cols=8, acc_w=21)
    written = write_folder(load_package(examples / "digits_w8a8"), Request(hardware=hardware), tmp_path / "out")
    assert written.refused is not None
    assert "accumulator needs 22 bits, ACC_W = 21 could overflow" in written.refused
    assert not (tmp_path / "out" / "core").exists()


WORDS = 10 * DESCRIPTOR_WORDS
"""Of the program of digits_w4a4."""


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("given", "message", "fits"),
    [
        (f"prg_depth={WORDS - 1}", f"the program has {WORDS} words, PRG_DEPTH = {WORDS - 1}", "prg_depth=1024"),
        ("act_depth=10", "ACT_DEPTH = 10 words hold not even one row", "act_depth=64"),
        ("act_depth=10 prg_depth=100", "ACT_DEPTH = 10 words", "act_depth=64 prg_depth=8192"),
        ("wgt_depth=10", "WGT_DEPTH = 10 rows do not hold the 16 of one channel word", None),
        ("cols=1 par_depth=4", "PAR_DEPTH = 4 holds not one word of constants", None),
        ("wgt_depth=100 par_depth=4 acc_depth=6", "ACC_DEPTH = 6 does not hold a row of 8", None),
    ],
)
def test_depths_that_are_too_small_are_refused_and_the_message_is_right(
    given: str, message: str, fits: str | None, examples: Path, tmp_path: Path
) -> None:
    """Status 2, a line, nothing written; with the depths of the message it works."""
    words = [f"--{word.replace('_', '-')}" for word in given.split()]
    done = roms("--model", "digits_w4a4", "--out", tmp_path / "out", *words)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert message in done.stderr
    assert list(tmp_path.iterdir()) == []
    said = done.stderr.rpartition("; ")[2].removesuffix(" would fit\n").lower().replace(" = ", "=").replace(",", "")
    assert fits is None or said == fits
    settings = {k: int(v) for k, v in (word.split("=") for word in (*given.split(), *said.split()))}
    hardware = replace(Hardware(rows=8, cols=8), **settings)
    compile_program(load_package(examples / "digits_w4a4").graph, ALL, hardware)


def test_the_depths_that_a_program_uses_are_enough_for_it(package: Package, written: tuple[Path, str]) -> None:
    used = RomFolder.open(written[0]).record["core"]["words_used"]
    exact = replace(SMALL, **{name.lower(): depth for name, depth in used.items()})
    assert compile_program(package.graph, ALL, exact).words() == compile_program(package.graph, ALL, SMALL).words()
    for name in ("act_depth", "wgt_depth", "par_depth"):
        less = replace(exact, **{name: getattr(exact, name) - 1, "prg_depth": 1 << 16})
        try:
            assert len(compile_program(package.graph, ALL, less).words()) > used["PRG_DEPTH"]
        except NotImplementedError:
            continue


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--formats", "hex,txt"), "format = 'txt' is not one of hex, memb, bin, dec, coe, mif"),
        (("--formats", ""), "format = '' is not one of"),
        (("--formats", "coe,coe"), "--formats = 'coe,coe': a format is given twice"),
        (("--model", "foo"), "--model = 'foo' is not a package directory; the examples are digits_2of4, digits_adc"),
        (("--rows", "1"), "ROWS = 1 is outside 2..256"),
        (("--cols", "0"), "COLS = 0 is outside 1..256"),
        (("--cols", "3"), "ROWS = 8 is not a multiple of COLS = 3"),
        (("--cols", "abc"), "--cols: invalid int value: 'abc'"),
        (("--lanes", "0"), "lanes = 0 is outside 1..4096"),
        (("--images", "0"), "--images = 0 is outside 1..360, the samples of digits_w8a8"),
        (("--first-image", "359", "--images", "2"), "--images = 2 is outside 1..1"),
        (("--first-image", "360"), "--first-image = 360 is outside 0..359"),
        (("--acc-depth", "3"), "ACC_DEPTH = 3 is odd"),
        (("--depth", "3"), "unrecognized arguments: --depth 3"),
    ],
)
def test_a_user_error_is_one_line_and_status_2(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    done = roms("--out", tmp_path / "out", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_out_is_required() -> None:
    done = roms()
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "the following arguments are required: --out" in done.stderr


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("out", "is not a directory"),
        ("out/conv1", "exists and was not written by make roms; not overwritten"),
        ("out/manifest.json", "exists and was not written by make roms; not overwritten"),
    ],
)
def test_what_make_roms_has_not_written_is_left_alone(place: str, message: str, tmp_path: Path) -> None:
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text("mine")
    done = roms("--out", tmp_path / "out")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert message in done.stderr
    assert files(tmp_path) == {place: b"mine"}


def test_a_damaged_package_is_one_line(examples: Path, tmp_path: Path) -> None:
    (tmp_path / "graph.json").write_bytes((examples / "digits_w4a4" / "graph.json").read_bytes())
    done = roms("--model", tmp_path, "--out", tmp_path / "out")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "tensors.npz: the tensor file is missing" in done.stderr
    assert not (tmp_path / "out").exists()


def test_an_older_folder_is_replaced_whole(package: Package, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_folder(package, Request(hardware=SMALL, formats=(RomFormat.MIF,), images=2), out)
    assert (out / "tensors" / "weight_s4.mif").is_file()
    write_folder(package, Request(hardware=SMALL), out)
    RomFolder.open(out).check()
    again = files(out)
    assert not [name for name in again if name.endswith(".mif")]
    write_folder(package, Request(hardware=SMALL), tmp_path / "other")
    assert files(tmp_path / "other") == again
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "out"]


@pytest.mark.parametrize("stop", [OSError("disk full"), KeyboardInterrupt()], ids=["full disk", "Ctrl-C"])
@pytest.mark.parametrize("existing", [True, False])
def test_an_interrupted_run_leaves_the_older_folder(
    stop: BaseException, existing: bool, package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    if existing:
        write_folder(package, Request(hardware=SMALL), out)
    before, real = files(tmp_path), Image.write

    def write(self: Image, folder: Path, fmt: RomFormat) -> None:
        if self.name == "vectors_results":
            raise stop
        real(self, folder, fmt)

    monkeypatch.setattr(Image, "write", write)
    with pytest.raises(type(stop)):
        write_folder(package, Request(hardware=Hardware()), out)
    assert files(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == (["out"] if existing else [])


IMAGE_NAMES = [
    *(f"core_{name}" for name in CORE),
    *(f"tensors_{name}" for name in ("weight_s4", "multiplier_s16", "bias_s40", "shift_u6")),
    *(f"vectors_{name}" for name in VECTORS),
]


@pytest.mark.parametrize("name", IMAGE_NAMES)
def test_an_image_that_does_not_re_read_is_an_error(
    name: str, package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One wrong bit on its way to the disk; the command looks at what it wrote."""
    stem = name.replace("_", "/", 1)
    real: Callable[..., int] = Path.write_bytes

    def write(path: Path, data: bytes) -> int:
        if path.as_posix().endswith(f"{stem}.hex"):
            lines = data.decode().splitlines()
            lines[1] = f"{int(lines[1], 16) ^ 1:0{len(lines[1])}x}"
            data = ("\n".join(lines) + "\n").encode()
        return real(path, data)

    monkeypatch.setattr(Path, "write_bytes", write)
    with pytest.raises(PackageError, match=rf"{stem}\.hex: the image does not re-read to the same integers"):
        write_folder(package, Request(hardware=SMALL), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_manifest_that_gives_other_integers_is_an_error(
    package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = rom_image.Image.record
    monkeypatch.setattr(
        rom_image.Image, "record", lambda self, formats: {**real(self, formats), "lane_order": "msb_first"}
    )
    with pytest.raises(PackageError):
        write_folder(package, Request(hardware=SMALL), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda out: (out / "more.txt").write_text("x"), "more.txt: not in the manifest"),
        (lambda out: (out / "core" / "params.hex").unlink(), "core/params.hex: is missing"),
        (lambda out: (out / "roms.h").write_text("x"), "roms.h: not the file that the manifest names"),
    ],
)
def test_a_folder_is_checked_against_its_manifest(
    spoil: Callable[[Path], object], message: str, package: Package, tmp_path: Path
) -> None:
    write_folder(package, Request(hardware=SMALL), tmp_path)
    RomFolder.open(tmp_path).check()
    spoil(tmp_path)
    with pytest.raises(PackageError, match=message):
        RomFolder.open(tmp_path).check()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "manifest.json: not JSON: "),
        ("[]", "manifest.json: not a JSON object"),
        ('{"format": "torch2chip-roms"}', "manifest.json: field 'version' is missing"),
        ('{"format": "torch2chip-roms", "version": 2}', "format 'torch2chip-roms' version 2 is not supported"),
        ('{"format": "torch2chip-roms", "version": 1}', "manifest.json: field 'files' is missing"),
        ('{"format": "torch2chip-roms", "version": 1, "images": 3, "files": {}}', "field 'images' = 3 is not a list"),
        (
            '{"format": "torch2chip-roms", "version": 1, "images": [{"name": "a"}], "files": {}}',
            "image 0 'a': field 'bits' is missing",
        ),
        (
            '{"format": "torch2chip-roms", "version": 1, "images": [], "files": {"a": {}}}',
            "file 'a': field 'sha256' is missing",
        ),
        (None, "the manifest is missing"),
    ],
)
def test_a_manifest_of_another_kind_is_refused(text: str | None, message: str, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(PackageError, match=message):
        RomFolder.open(tmp_path)


def test_what_is_not_there_is_named(written: tuple[Path, str]) -> None:
    folder = RomFolder.open(written[0])
    with pytest.raises(KeyError, match="image 'x' is not one of core_program, core_weights, "):
        folder.values("x")
    with pytest.raises(KeyError, match="image 'vectors_input' is not there as mif, but as hex"):
        folder.values("vectors_input", RomFormat.MIF)
    with pytest.raises(KeyError, match="layer 'conv1' has no table"):
        folder.tensor("conv1", "table")


def test_the_folder_may_be_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: Package
) -> None:
    monkeypatch.chdir(tmp_path)
    write_folder(package, Request(hardware=SMALL), Path("."))
    assert (tmp_path / MANIFEST).is_file()


def test_an_array_of_other_elements_has_their_codes_and_their_verilog(tmp_path: Path) -> None:
    """The weight memory holds the codes from which the columns' elements make the weights of the layers."""
    words = ("--model", "digits_msq", "--element", "mac:4,sp2:4", "--w-w", 4, "--out", tmp_path / "roms")
    done = roms(*words)
    assert done.returncode == 0, done.stderr
    manifest = json.loads((tmp_path / "roms" / MANIFEST).read_text())
    core, stored = manifest["core"], manifest["transfers"][-1]
    assert len(stored["lanes"]) == 10 == len(set(stored["lanes"]))
    assert stored["lanes"] != list(range(10))
    assert (core["element"], core["code_bits"]) == ("mac:4,sp2:4", 4)
    image = (tmp_path / "roms" / "core" / "weights.hex").read_text().split()[1:]
    codes = np.array([[int(word, 16) >> 4 * column & 15 for column in range(8)] for word in image])
    hardware = Hardware(rows=8, cols=8, w_w=4, element="mac:4,sp2:4")
    package = load_package(ROOT / "examples" / "digits_msq")
    program = compile_program(package.graph, ALL, hardware)
    assert np.array_equal(codes, program.weights % 16)
    weights = hardware.columns.weights(program.weights, 4)
    assert set(np.abs(weights[:, 4:]).flatten()) <= {0, 1, 2, 4, 5, 6, 8}
    assert np.abs(weights).max() == 8
    verilog = (tmp_path / "roms" / "core" / "array_element.v").read_text()
    assert "if (COLUMN < 4) begin" in verilog
    assert "sp2_pe #(" in verilog
    assert "`define T2C_CODE_W 4 " in (tmp_path / "roms" / "core" / "array_elements.vh").read_text()
