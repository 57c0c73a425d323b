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
            assert options.model in MODELS or options.model.startswith("published.py:"), name
        else:
            assert words[2] in written, name
        if words[1] != "sim":
            assert options.data.partition(":")[0] in {known.partition(":")[0] for known in NAMES}, name
            assert str(options.out) not in written, name
            written.add(str(options.out))
    assert len(COMMANDS) > 15


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
    keys = set(made[1].network.state_dict())
    for wanted in ("conv1.weight", "bn1.running_var", "layer1.0.downsample.1.bias", "layer3.5.conv3.weight", "fc.bias"):
        assert wanted in keys
