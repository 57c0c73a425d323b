"""Checkpoint files: whole or not there, and refused in one line when they are not what they should be."""

from __future__ import annotations

import doctest
import os
from pathlib import Path

import pytest
import torch
from torch import nn

from t2c import checkpoint
from t2c.checkpoint import digest, load_model, read, read_meta, save_model, write
from t2c.errors import CheckpointError


def model(width: int = 4) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(width)
        return nn.Sequential(nn.Conv2d(1, width, 3), nn.BatchNorm2d(width))


def saved(directory: Path) -> Path:
    path = directory / "model.pt"
    save_model(model(), path, {"width": 4, "name": "a"})
    return path


def refused(path: Path, kind: str = "model") -> str:
    with pytest.raises(CheckpointError) as caught:
        read(path, kind)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def test_a_model_comes_back_with_its_meta(tmp_path: Path) -> None:
    path = tmp_path / "new" / "directory" / "model.pt"
    save_model(model(), path, {"width": 4, "mean": [0.5, 0.25]})
    got, meta = load_model(path, lambda meta: model(meta["width"]).double().float().train())
    assert meta == read_meta(path) == {"width": 4, "mean": [0.5, 0.25]}
    assert not got.training
    for name, tensor in model().state_dict().items():
        assert torch.equal(got.state_dict()[name], tensor)


def test_a_model_of_other_shapes_is_refused_untouched(tmp_path: Path) -> None:
    path, other = saved(tmp_path), model(5)
    before = digest(other.state_dict())
    with pytest.raises(CheckpointError, match=r"model.pt: of another model: '0.weight' is \(4, 1, 3, 3\) float32, not"):
        load_model(path, lambda _: other)
    with pytest.raises(CheckpointError, match=r"the file has no '2.weight'"):
        load_model(path, lambda _: nn.Sequential(*model(), nn.Linear(2, 2)))
    with pytest.raises(CheckpointError, match=r"the model has no '1.weight'"):
        load_model(path, lambda _: nn.Sequential(model()[0]))
    assert digest(other.state_dict()) == before


def test_every_truncation_and_flipped_byte_is_noticed(tmp_path: Path) -> None:
    path = saved(tmp_path)
    whole, content = path.read_bytes(), digest(read(path, "model"))
    for length in [0, 1, 100, len(whole) // 2, len(whole) - 1]:
        path.write_bytes(whole[:length])
        assert "damaged" in refused(path)
    noticed = 0
    for position in range(0, len(whole), 37):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0x10]) + whole[position + 1 :])
        try:
            assert digest(read(path, "model")) == content  # padding, or a part that zip holds twice
        except CheckpointError:
            noticed += 1
    assert noticed > 10


def test_foreign_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    assert "No such file" in refused(path)
    path.write_text("hello")
    assert "damaged, or no checkpoint" in refused(path)
    torch.save({"state_dict": model().state_dict()}, path)
    assert "not a checkpoint of this project" in refused(path)
    torch.save(model(), path)  # a pickled class: never executed
    assert "damaged, or no checkpoint" in refused(path)
    write(path, "training", {})
    assert "holds a training, not a model" in refused(path)
    assert "Is a directory" in refused(tmp_path)


def test_another_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path)
    monkeypatch.setattr(checkpoint, "VERSION", 2)
    assert "a checkpoint of version 1, not 2" in refused(path)


def test_a_broken_write_leaves_the_old_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path)
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="no space left"):
        write(path, "model", {"a": 1})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_digest_tells_values_types_and_shapes_apart() -> None:
    assert doctest.testmod(checkpoint).failed == 0
    values = [
        torch.zeros(4),
        torch.zeros(2, 2),
        torch.zeros(4, dtype=torch.int32),
        torch.ones(4),
        torch.zeros(0),
        0,
        "0",
    ]
    values += [[], {}, [0], ["0"], None, False, 0.0, {"a": [1]}, {"a": 1}]
    assert len({digest(value) for value in values}) == len(values)
    strided = torch.arange(6.0).reshape(2, 3)
    assert digest(strided.t().contiguous().t()) == digest(strided)
