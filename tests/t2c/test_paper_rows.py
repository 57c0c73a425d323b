"""docs/paper_rows.md: every command is one that `t2c` takes and finds what it needs; the published weights load."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import torch

from t2c.commands import parser_of
from t2c.data.sets import NAMES
from t2c.models.normalised import Normalised
from t2c.models.resnet import ResNet
from t2c.models.zoo import MODELS
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "paper_rows.md").read_text()
COMMANDS = [shlex.split(line) for line in re.findall(r"^    (t2c .*)$", PAGE, re.MULTILINE)]


def parsed(words: list[str]) -> argparse.Namespace:
    return parser_of(words[1]).parse_args(words[2:])


def test_every_command_is_legal_and_finds_what_it_takes() -> None:
    written: set[str] = set()
    for words in COMMANDS:
        options = parsed(words)
        name = " ".join(words[:4])
        if words[1] == "train":
            model, source = options.model, getattr(options, "from")
            assert source is None or str(source) in written, name
            assert source or model in MODELS or model.startswith("published.py:"), name
        else:
            assert words[2] in written, name
        if words[1] != "sim":
            assert options.data.partition(":")[0] in {known.partition(":")[0] for known in NAMES}, name
            assert str(options.out) not in written, name
            written.add(str(options.out))
    assert len(COMMANDS) > 15


def published(blocks: tuple[int, ...], convolutions: int) -> set[str]:
    """The keys of a ResNet's state dict in torchvision: so many blocks a stage, so many convolutions a block."""
    norm = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    keys = {"conv1.weight", "fc.weight", "fc.bias", *(f"bn1.{name}" for name in norm)}
    for stage, count in enumerate(blocks, 1):
        for block in range(count):
            place = f"layer{stage}.{block}"
            for i in range(1, convolutions + 1):
                keys |= {f"{place}.conv{i}.weight", *(f"{place}.bn{i}.{name}" for name in norm)}
            if not block and (stage > 1 or convolutions == 3):  # where the shape changes
                keys |= {f"{place}.downsample.0.weight", *(f"{place}.downsample.1.{name}" for name in norm)}
    return keys


def test_published_weights_load_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """The state dict of a network of this project stands for torchvision's, whose keys are checked here."""
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(block, "docs/paper_rows.md", "exec"), names)
    asked: list[str] = []

    def load(file: str, *, weights_only: bool) -> dict[str, torch.Tensor]:
        asked.append(file)
        assert weights_only
        with torch.device("meta"):
            kind = {"resnet18.pth": "ResNet18", "resnet50.pth": "ResNet50"}[Path(file).name]
            return dict(names[kind](classes=20).state_dict())

    monkeypatch.setattr(torch, "load", load)
    with torch.device("meta"):
        made = [names[name](classes=20) for name in ("resnet18", "resnet50")]
    assert asked == ["resnet18.pth", "resnet50.pth"]
    assert all(isinstance(model, Normalised) and isinstance(model.network, ResNet) for model in made)
    for model, blocks, convolutions in ((made[0], (2, 2, 2, 2), 2), (made[1], (3, 4, 6, 3), 3)):
        assert set(model.network.state_dict()) == published(blocks, convolutions)
