"""Files of `t2c train` and `t2c quantize`: what cannot be written is said before the work, what is no model by name."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from t2c.__main__ import main
from t2c.checkpoint import load_model, read_meta, save_model, write
from t2c.errors import CheckpointError, ModelError
from t2c.models.digits_cnn import DigitsCNN
from t2c.models.zoo import build_model
from t2c.trainers import TRAINER
from tests.t2c.test_command_line import t2c

META: dict[str, Any] = {
    "model": "digits_cnn",
    "width": 4,
    "source": None,
    "data": "digits",
    "classes": 10,
    "input_shape": [1, 8, 8],
}
MODEL = DigitsCNN(width=4)


def saved(path: Path, **changes: object) -> Path:
    save_model(MODEL, path, META | changes)
    return path


@pytest.fixture(params=["train", "quantize"])
def words(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A command without its --out, in which any training is a mistake."""

    def never(*_: object, **__: object) -> None:
        raise AssertionError("the work began")

    for trainer in TRAINER.values():
        monkeypatch.setattr(trainer, "__init__", never)
    monkeypatch.setattr("t2c.data.sets.load_set", never)
    if request.param == "train":
        return ["train", "--model", "digits_cnn", "--data", "digits"]
    return ["quantize", str(saved(tmp_path / "float.pt")), "--data", "digits"]


@pytest.mark.parametrize("option", ["--out", "--checkpoint"])
def test_a_file_where_a_folder_must_be(words: list[str], option: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    broken = tmp_path / "broken"
    broken.symlink_to(tmp_path / "nowhere")
    before = sorted(tmp_path.rglob("*"))
    others = [] if option == "--out" else ["--out", str(tmp_path / "out")]
    for parent in (tmp_path / "file", broken):
        for path in (parent / "x", parent / "deeper" / "x"):
            with pytest.raises(OSError, match=rf"^{option}: {path}: {parent} is not a directory$"):
                main([*words, *others, option, str(path)])
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_that_cannot_be_written_and_a_name_that_is_too_long(words: list[str], tmp_path: Path) -> None:
    """/proc takes no file, not even of root."""
    with pytest.raises(OSError, match=r"^--out: /proc/x/y: /proc cannot be written in: \w[^\n]*$"):
        main([*words, "--out", "/proc/x/y"])
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(OSError, match=r"^--out: .*: File name too long$"):
        main([*words, "--out", str(tmp_path / ("x" * 300))])
    assert sorted(tmp_path.rglob("*")) == before


def test_it_is_one_line_on_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    done = t2c("train", "--model", "digits_cnn", "--data", "digits", "--out", "file/net.pt", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    first = done.stderr.splitlines()[0]
    assert first == f"error: --out: file/net.pt: {tmp_path / 'file'} is not a directory"


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ({"state": {}}, "it has no meta"),
        ({"meta": [], "state": {}}, "it has no meta"),
        ({"meta": {}}, "it has no state"),
        ({"meta": META, "state": {"fc.bias": 3}}, "'fc.bias' is no tensor"),
    ],
)
def test_a_file_that_save_model_did_not_write(content: dict[str, Any], wanted: str, tmp_path: Path) -> None:
    path = tmp_path / "net.pt"
    write(path, "model", content)
    for read in (lambda: read_meta(path), lambda: load_model(path, lambda _: MODEL)):
        with pytest.raises(CheckpointError, match=rf"^{path}: not the file of a model: {wanted}$"):
            read()
    with pytest.raises(CheckpointError, match=rf"^MODEL.pt: {path}: not the file of a model: {wanted}$"):
        main(["quantize", str(path), "--data", "digits", "--out", str(tmp_path / "p")])


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        ("model", 3, "model = 3 is not a name"),
        ("model", "nope", "'nope' is not one of digits_cnn, "),
        ("width", "wide", "width = 'wide' is not a positive number or nothing"),
        ("width", True, "width = True is not a positive number or nothing"),
        ("width", math.nan, "width = nan is not a positive number or nothing"),
        ("width", 2.5, "width: digits_cnn takes a whole number of channels, not 2.5"),
        ("source", 5, "source = 5 is not a digest or nothing"),
        ("data", None, "data = None is not a name"),
        ("classes", "ten", "classes = 'ten' is not a positive integer"),
        ("classes", -1, "classes = -1 is not a positive integer"),
        ("classes", 9, "of another model: 'fc.weight' is "),
        ("input_shape", 8, "input_shape = 8 is not a list of positive integers"),
        ("input_shape", [1, "8"], r"input_shape = \[1, '8'\] is not a list of positive integers"),
    ],
)
def test_a_file_whose_meta_makes_no_sense(key: str, value: object, wanted: str, tmp_path: Path) -> None:
    path = saved(tmp_path / "net.pt", **{key: value})
    with pytest.raises((CheckpointError, ModelError), match=rf"^MODEL.pt: {path}: .*{wanted}") as caught:
        main(["quantize", str(path), "--data", "digits", "--out", str(tmp_path / "p")])
    assert "\n" not in str(caught.value)


def test_widths_that_are_no_number() -> None:
    for width in (math.nan, math.inf):
        for name in ("digits_cnn", "mobilenet_v1"):
            with pytest.raises(ModelError, match=rf"^width: .*{width}"):
                build_model(name, classes=10, width=width)
    assert isinstance(build_model("digits_cnn", classes=10, width=4.0), torch.nn.Module)
