"""`t2c export`: all formats or none, nothing of anyone else's overwritten, a user's error is one line."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from t2c.commands import export as command
from t2c.common.command import run
from t2c.common.places import EXAMPLES
from t2c.errors import ExportError
from t2c.exports.native_check import read_native
from t2c.exports.onnx_check import check_onnx
from t2c.exports.state_dict import check_state_dict
from t2c.exports.text import INDEX_FILE
from t2c.golden.errors import PackageError, RangeError
from t2c.golden.graph.package import Package, load_package, save_package
from t2c.golden.rom import tensors as rom_tensors
from t2c.golden.rom.image import load_rom, read_manifest
from t2c.golden.rom.tensors import constant_tensors
from tests.every_op import every_op_package

TEXT = ("hex", "memb", "bin", "decimal", "coe", "mif")


def options(*words: object) -> argparse.Namespace:
    parser = argparse.ArgumentParser(exit_on_error=False)
    command.configure(parser)
    return parser.parse_args([str(word) for word in words])


def export(package: Package, formats: str, out: Path, **more: bool | int) -> dict[str, list[str]]:
    return dict(command.export(package, command.parse_formats(formats), out, samples=1, **more))


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_every_format_of_a_shipped_package(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("digits_w4a4", "--out", tmp_path / "o", "--samples", 2, "--formats", ",".join(command.EXPORTERS))
    with pytest.raises(RangeError, match="format 'dec' is given twice"):
        command.execute(options(*words))
    formats = ",".join(("onnx", "state_dict", "native", *TEXT))
    assert command.execute(options(*words[:-1], formats)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "digits_w4a4.onnx: 30,288 activations of 4 images equal in onnxruntime, optimised and not"
    assert lines[1] == "digits_w4a4.state_dict.pt: 7,605 constants equal"
    assert lines[2].startswith("digits_w4a4.native.pt: 3 of 8 layers, weights equal; ")
    assert lines[3].startswith("  refused: node 'conv1': it clips to 0..15 in u4; ")
    assert lines[-2] == "digits_w4a4.mif: 22 images, 7,605 constants equal"
    assert lines[-1].endswith(f"examples/digits_w4a4: 9 formats in {tmp_path / 'o'}")
    graph = load_package(EXAMPLES / "digits_w4a4").graph
    out = tmp_path / "o"
    assert check_state_dict((out / "digits_w4a4.state_dict.pt").read_bytes(), graph)
    assert set(read_native((out / "digits_w4a4.native.pt").read_bytes(), graph).modules) >= {"fc"}
    assert check_onnx((out / "digits_w4a4.onnx").read_bytes(), graph, np.zeros((1, 1, 8, 8), np.int64))
    assert [path.name for path in tmp_path.iterdir()] == ["o"]
    assert len(list(out.iterdir())) == 9


@pytest.mark.parametrize("fmt", TEXT)
def test_text_holds_every_constant(fmt: str, tmp_path: Path) -> None:
    package, extension = every_op_package(), "dec" if fmt == "decimal" else fmt
    export(package, fmt, tmp_path, lanes=3)
    folder = tmp_path / f"every-op.{extension}"
    names = []
    for node in package.graph.nodes:
        for constant in constant_tensors(node):
            image = f"{node.name}/{constant.name}.{extension}"
            names.append(image)
            np.testing.assert_array_equal(load_rom(folder / f"{image}.json"), constant.values)
    assert read_manifest(folder / "fc" / f"weight.{extension}.json").layout.lanes == 3
    index = json.loads((folder / INDEX_FILE).read_text())
    assert (index["model"], index["images"]) == ("every-op", names)
    assert set(files(folder)) == {INDEX_FILE, *names, *(f"{name}.json" for name in names)}


def test_decimal_is_one_integer_a_line(tmp_path: Path) -> None:
    package = every_op_package()
    export(package, "decimal", tmp_path)
    text = (tmp_path / "every-op.dec" / "fc" / "weight.dec").read_text()
    assert text == "".join(f"{value}\n" for value in package.graph.node("fc").weight.reshape(-1))


def test_the_same_package_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        export(every_op_package(), "onnx,state_dict,native,hex", tmp_path / name)
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_all_tensors(tmp_path: Path) -> None:
    export(every_op_package(), "onnx", tmp_path, all_tensors=True)
    model = onnx.load(tmp_path / "every-op.onnx")
    assert len(model.graph.output) == len(every_op_package().graph.nodes)


def test_a_second_export_replaces_the_first_and_leaves_others(tmp_path: Path) -> None:
    export(every_op_package(0), "onnx,hex,mif", tmp_path)
    (tmp_path / "notes").write_text("mine")
    before = files(tmp_path)
    export(every_op_package(1), "onnx,hex", tmp_path)
    after = files(tmp_path)
    assert set(before) == set(after)
    changed = {name for name in after if after[name] != before[name]}
    assert {"every-op.onnx", "every-op.hex/fc/weight.hex"} <= changed
    assert not any(name.startswith(("every-op.mif", "notes")) for name in changed)


def one_bit(path: Path, data: bytes) -> bytes:
    """Write a file of which one bit is wrong, in the middle of its largest tensor's bytes."""
    weight = every_op_package().graph.node("fc").weight.astype(np.int8)
    for values in (weight, (weight.T.astype(np.int64) + 128).astype(np.uint8)):
        at = data.find(np.ascontiguousarray(values).tobytes())
        if at >= 0:
            data = data[: at + 5] + bytes([data[at + 5] ^ 4]) + data[at + 6 :]
            path.write_bytes(data)
            return path.read_bytes()
    raise AssertionError(f"no weights in {path}")


def half(path: Path, data: bytes) -> bytes:
    path.write_bytes(data[: len(data) // 2])
    return path.read_bytes()


def full_disk(path: Path, data: bytes) -> bytes:
    path.write_bytes(data[:9])
    raise OSError("disk full")


@pytest.mark.parametrize("existing", [True, False])
@pytest.mark.parametrize(
    ("fmt", "broken"),
    [
        *((fmt, broken) for fmt in ("onnx", "state_dict", "native") for broken in (half, full_disk)),
        ("onnx", one_bit),
        ("state_dict", one_bit),  # native: test_export_torch
    ],
)
def test_a_damaged_file_is_never_put_in_place(
    fmt: str, broken: Callable[[Path, bytes], bytes], existing: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    if existing:
        export(every_op_package(1), f"{fmt},hex", out)
    before = files(tmp_path)
    monkeypatch.setattr(command, "_reread", broken)
    with pytest.raises((ExportError, PackageError, OSError)):
        export(every_op_package(0), f"hex,{fmt},mif", out)
    assert files(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == (["out"] if existing else [])
    assert not existing or len(list(out.iterdir())) == 2


def test_a_damaged_image_is_never_put_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = rom_tensors.save_rom

    def wrong(path: Path, values: np.ndarray, *rest: object, **more: object) -> object:
        return real(path, values ^ (path.name == "shift.coe"), *rest, **more)

    monkeypatch.setattr(rom_tensors, "save_rom", wrong)
    with pytest.raises(PackageError, match=r"shift\.coe: the image does not re-read"):
        export(every_op_package(), "hex,coe", tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_rename_that_fails_leaves_whole_exports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    export(every_op_package(0), "hex,mif", out)
    before, real = files(out), os.replace

    def flaky(source: Path, target: Path) -> None:
        if Path(target).name == "every-op.mif" and Path(source).parent.name.startswith(".export"):
            raise OSError("disk full")
        real(source, target)

    monkeypatch.setattr(os, "replace", flaky)
    with pytest.raises(OSError, match="disk full"):
        export(every_op_package(1), "hex,mif", out)
    monkeypatch.undo()
    after = files(out)
    assert {name: after[name] for name in after if ".mif" in name} == {n: before[n] for n in before if ".mif" in n}
    assert set(after) == set(before)


@pytest.mark.parametrize(
    ("obstacle", "fmt", "message"),
    [
        ("every-op.hex/mine", "hex", "exists and is not an export; not overwritten"),
        ("every-op.onnx/mine", "onnx", "is a directory; not overwritten"),
        ("every-op.hex", "hex", "is not a directory; not overwritten"),
    ],
)
def test_what_is_not_an_export_is_left_alone(obstacle: str, fmt: str, message: str, tmp_path: Path) -> None:
    (tmp_path / obstacle).parent.mkdir(exist_ok=True)
    (tmp_path / obstacle).write_text("mine")
    with pytest.raises(PackageError, match=message):
        export(every_op_package(), f"state_dict,{fmt}", tmp_path)
    assert files(tmp_path) == {obstacle: b"mine"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--formats", "onnx,hdf5"), "format = 'hdf5' is not one of onnx, state_dict, native, c, hex, memb, bin, dec"),
        (("--formats", ""), "format = '' is not one of"),
        (("--formats", "hex,hex"), "format 'hex' is given twice"),
        (("--formats", "dec,decimal"), "format 'dec' is given twice"),
        (("--formats", "hex", "--lanes", "0"), "lanes = 0 is outside 1..4096"),
        (("--formats", "onnx", "--samples", "-1"), "samples = -1 is outside 0..3"),
        (("--formats", "hex", "--out", "FILE"), "FILE: is not a directory"),
    ],
)
def test_a_user_error_is_one_line_and_status_2(
    words: tuple[str, ...], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_package(every_op_package(), tmp_path / "model")
    (tmp_path / "FILE").write_text("mine")
    words = tuple(str(tmp_path / word) if word == "FILE" else word for word in words)
    arguments = options(tmp_path / "model", "--out", tmp_path / "out", *words)
    with pytest.raises(SystemExit) as stop:
        run(lambda: command.execute(arguments))
    printed = capsys.readouterr()
    assert (stop.value.code, printed.out, printed.err.count("\n")) == (2, "", 1)
    assert message in printed.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["FILE", "model"]


def test_a_package_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        run(lambda: command.execute(options(tmp_path / "none", "--out", tmp_path / "out")))
    assert stop.value.code == 2
    assert "is not a package directory" in capsys.readouterr().err
