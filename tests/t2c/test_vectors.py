"""`t2c vectors`: what is written is golden's, in the layout that was asked for, whole or not at all; refusals."""

from __future__ import annotations

import doctest
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from t2c.__main__ import main
from t2c.commands import vectors as command
from t2c.common.command import run
from t2c.common.places import EXAMPLES
from t2c.errors import ExportError
from t2c.exports import vector_files
from t2c.exports.vector_files import VectorRequest, write_vectors
from t2c.golden.graph.package import Package, load_package
from t2c.golden.rom.words import RomLayout, unpack_words
from t2c.layouts.element_map import ElementMap
from tests.threshold_net import threshold_package


def words_of(path: Path) -> list[int]:
    return [int(line, 16) for line in path.read_text().splitlines()]


def read_back(folder: Path, package: Package) -> int:
    """Compare every hex file and every array with golden, from the index alone; return the number of hex files."""
    index = json.loads((folder / "index.json").read_text())
    first, count = index["first_image"], index["images"]
    golden = package.graph.run(package.samples[first : first + count])
    constants = {f"{node.name}.{c.name}": c.values for node in package.graph.nodes for c in node.constants}
    files = 0
    with np.load(folder / "tensors.npz") as plain, np.load(folder / "words.npz") as words:
        for vector in index["vectors"]:
            constant = vector["kind"] == "constant"
            expected = constants[vector["name"]][np.newaxis] if constant else golden[vector["name"]]
            assert list(expected.shape[1:]) == vector["shape"]
            assert np.array_equal(plain[vector["name"]], expected[0] if constant else expected)
            pattern = vector["layout"] or "... -> ..."
            elements = ElementMap.of(pattern, vector["shape"])
            form = RomLayout(
                bits=vector["bits"], signed=vector["signed"], lanes=vector["lanes"], lane_order=vector["lane_order"]
            )
            assert len(vector["images"]) == len(expected)
            for number, (file, tensor) in enumerate(zip(vector["images"], expected, strict=True)):
                lanes = unpack_words(words_of(folder / f"{file}.hex"), form, elements.slots.size)
                grid = lanes.reshape(vector["words"], vector["lanes"])
                assert np.array_equal(grid, elements.to_words(tensor, vector["padding"]))
                held = words[vector["stem"]]
                assert np.array_equal(held if constant else held[number], grid)
                files += 1
    return files


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", ["digits_w4a4", "digits_w8a8", "vit2"])
def test_every_tensor_and_constant_of_an_example(name: str, tmp_path: Path) -> None:
    package = load_package(EXAMPLES / name)
    request = VectorRequest(first=1, images=2, layouts=(("", "c ... -> ... c(4)"),), padding="zero_point")
    written = write_vectors(package, request, tmp_path / "v")
    assert read_back(tmp_path / "v", package) == sum(1 if vector.constant else 2 for vector in written)
    assert {v.name for v in written if not v.constant} == set(package.graph.edges)
    index = json.loads((tmp_path / "v" / "index.json").read_text())
    there = {str(path.relative_to(tmp_path / "v")) for path in (tmp_path / "v").rglob("*") if path.is_file()}
    assert there == {"index.json", *index["files"]}
    padded = [v for v in index["vectors"] if v["kind"] == "tensor" and v["words"] * v["lanes"] > np.prod(v["shape"])]
    assert all(v["padding"] == v["zero_point"] for v in padded)
    assert padded


def test_the_header_holds_the_same(tmp_path: Path) -> None:
    """Compiled, with -Werror, and printed."""
    package = threshold_package()
    layouts = (("sums", "c h w -> h w c(4)"), ("*.weight", "o ... -> ... (o)"))
    request = VectorRequest(images=2, layouts=layouts, padding=-7, formats=("c", "npz"))
    vectors = write_vectors(package, request, tmp_path / "v")
    prints = []
    for vector in vectors:
        name = f"staircases_v_{vector.stem}"
        depth = "[0][0]" if vector.constant else "[0][0][0]"
        prints.append(
            f"for (unsigned long k = 0; k < sizeof {name} / sizeof {name}{depth}; k++)"
            f' printf("%ld ", (long)(&{name}{depth})[k]);\nprintf("\\n");'
            f' printf("%d %d\\n", staircases_WORDS_{vector.stem}, staircases_LANES_{vector.stem});'
        )
    lines = ['#include <stdio.h>\n#include "v/vectors.h"\nint main(void) {', *prints, "return 0; }"]
    (tmp_path / "main.c").write_text("\n".join(lines))
    command_c = ["cc", "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "main.c", "-o", "main"]
    subprocess.run(command_c, cwd=tmp_path, check=True)
    done = subprocess.run([tmp_path / "main"], capture_output=True, text=True, check=True).stdout.splitlines()
    for vector, values, sizes in zip(vectors, done[::2], done[1::2], strict=True):
        assert [int(word) for word in values.split()] == vector.words.reshape(-1).tolist()
        assert sizes == f"{vector.packed.elements.words} {vector.packed.elements.lanes}"
        assert not vector.packed.elements.padded or -7 in vector.words


def test_choices_of_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["vectors", "digits_w4a4", "--out", str(tmp_path / "v"), "--tensors", "conv1,fc*", "--images", "3"]
    more = ["--first-image", "2", "--formats", "npz,hex", "--element-bits", "8", "--lane-order", "msb_first"]
    layouts = ["--layout", "... -> (...)(4)", "--layout", "fc.weight=(nf pe=2) k -> nf k (pe)"]
    quiet = ["--element-bits", "40"]
    assert main([*words, *more, *layouts, *quiet]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:-1]] == [
        "conv1",
        "fc",
        "fc.weight",
        "fc.multiplier",
        "fc.bias",
        "fc.shift",
    ]
    assert lines[1].split()[1:] == ["16x8x8", "256", "4", "u40", "...", "->", "(...)(4)"]
    assert f": 2 tensors of 3 images and 4 constants as npz, hex in {tmp_path / 'v'}, each re-read" in lines[-1]
    assert read_back(tmp_path / "v", load_package(EXAMPLES / "digits_w4a4")) == 10
    assert not (tmp_path / "v" / "vectors.h").exists()
    assert len((tmp_path / "v" / "image_4" / "conv1.hex").read_text().split()[0]) == 40
    before = (tmp_path / "v" / "words.npz").read_bytes()
    assert main([*words, *more, *layouts, *quiet]) == 0  # the same again replaces it, byte for byte
    assert (tmp_path / "v" / "words.npz").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--layout", "c h w -> h w c(4)"], "tensor 'flatten': layout 'c h w -> h w c(4)': 3 axes on the left, the"),
        (["--layout", "c ... -> ..."], "character 1: c is not on the right: the layout does not cover the tensor"),
        (["--layout", "fc=(o i=4) -> o (i)"], "tensor 'fc': layout '(o i=4) -> o (i)', character 1: axis 0 of 10"),
        (["--layout", "nothing=a -> a"], "'nothing' names no tensor and no constant; there are input, conv1, "),
        (["--tensors", "conv9"], "'conv9' names no tensor and no constant; there are input, conv1, "),
        (["--images", "1000"], "images 0..999 are not among the package's 0.."),
        (["--first-image", "1000"], "images 1000..1000 are not among the package's 0.."),
        (["--images", "0"], "argument --images: '0' is not an integer from 1 on"),
        (["--element-bits", "4"], "tensor 'input': its elements have 8 bits, 4 do not hold them"),
        (["--padding", "nought"], "--padding = 'nought' is neither a number nor zero_point"),
        (["--padding", "300", "--layout", "c ... -> ... c(64)"], "tensor 'input': padding = 300 is outside 0..255"),
        (["--formats", "hex,hex"], "--formats = 'hex,hex': some of npz,hex,c, each once"),
        (["--formats", "coe"], "--formats = 'coe': some of npz,hex,c, each once"),
        (["--lane-order", "upwards"], "argument --lane-order: invalid choice: 'upwards'"),
    ],
)
def test_a_mistake_is_one_line(
    words: list[str], complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["vectors", "digits_w8a8", "--out", str(tmp_path / "v"), *words]
    with pytest.raises(SystemExit) as stop:
        run(lambda: main(arguments))
    said = capsys.readouterr()
    assert (stop.value.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert complaint.removeprefix("argument ") in said.err
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_ours_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "v").mkdir()
    (tmp_path / "v" / "mine").write_text("mine")
    with pytest.raises(SystemExit):
        run(lambda: main(["vectors", "digits_w8a8", "--out", str(tmp_path / "v")]))
    assert "exists and is not a folder of vectors; not overwritten" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "v").iterdir()] == ["mine"]


@pytest.mark.parametrize("target", ["encode", "_npz_bytes"])
def test_a_file_that_holds_something_else_is_not_left(
    target: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    right = getattr(vector_files, target)

    def wrong(values: Any, *rest: Any) -> Any:
        if target == "encode":
            values = np.array(values)
            values[0] ^= 1
            return right(values, *rest)
        return right({name: array ^ 1 for name, array in values.items()})

    monkeypatch.setattr(vector_files, target, wrong)
    with pytest.raises(ExportError, match="golden"):
        write_vectors(threshold_package(), VectorRequest(), tmp_path / "v")
    assert list(tmp_path.iterdir()) == []


def test_how_a_layout_of_the_command_is_read() -> None:
    assert doctest.testmod(command).failed == 0
    assert command.parse_layout("a=3 -> a") == ("", "a=3 -> a")
    assert command.parse_layout("*.weight=o i -> i o") == ("*.weight", "o i -> i o")
