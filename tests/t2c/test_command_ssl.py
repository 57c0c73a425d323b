"""`t2c train --trainer ssl` and `--trainer transfer`: from no labels to a package; every mistake in one line."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from t2c.__main__ import main
from t2c.checkpoint import load_model, read_meta, save_model
from t2c.commands.by_trainer import SSL_LOSS_NAMES, TAKES, TRAINERS
from t2c.common.errors import UserError
from t2c.data.sets import Wishes, load_set
from t2c.data.split import UNLABELLED
from t2c.golden.graph.package import load_package
from t2c.models.digits_cnn import DigitsCNN
from t2c.models.zoo import build_model
from t2c.ssl_losses import SSL_LOSSES
from t2c.trainers import SSL, TRAINER, TransferLearning
from t2c.trainers.base import device_of, seeded
from tests.t2c.trained import same

QUICK = ("--data", "digits", "--limit", "120")
SSL_WORDS = ("--trainer", "ssl", "--model", "digits_cnn", "--width", "4", *QUICK, "--epochs", "1", "--batch", "32")
OWN = "def apart(z1, z2):\n    return (z1 - z2).square().mean() - z1.std(0).mean()\n"


def train(*words: object) -> int:
    return main(["train", *map(str, words)])


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small digits CNN, pre-trained."""
    path = tmp_path_factory.mktemp("encoder") / "encoder.pt"
    assert train(*SSL_WORDS, "--loss", "xd", "--projector", "8,4", "--slim", "0.3", "--out", path) == 0
    return path


def test_from_no_labels_to_a_package_as_the_python_interface_does(
    encoder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = load_set("digits", Wishes(limit=120))
    with seeded(0, device_of("cpu")):
        model = DigitsCNN(width=4)
    mine = SSL(model, data, loss="xd", projector=(8, 4), slim=0.3, epochs=1, batch=32).fit()
    meta = read_meta(encoder)
    assert (meta["trainer"], meta["accuracy"], meta["schedule"]["batch"]) == ("ssl", {}, 32)
    assert same(load_model(encoder, lambda meta: DigitsCNN(width=4))[0], mine)

    net, words = tmp_path / "net.pt", ("--trainer", "transfer", *QUICK, "--epochs", "2", "--encoder-rate", "0.5")
    assert train(*words, "--from", encoder, "--per-class", "3", "--out", net) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "data digits: 30 images of 1x8x8, 10 classes training 2 epochs" in out
    mine = TransferLearning(mine, data, per_class=3, encoder_rate=0.5, epochs=2).fit()
    assert same(load_model(net, lambda meta: DigitsCNN(meta["width"]))[0], mine)
    assert main(["quantize", str(net), *QUICK, "--samples", "4", "--out", str(tmp_path / "package")]) == 0
    assert load_package(tmp_path / "package").metrics["accuracy_float"] == read_meta(net)["accuracy"]["test"]
    refused = rf"^MODEL.pt: {encoder}: pre-trained without labels, .*: t2c train --trainer transfer --from {encoder}$"
    with pytest.raises(ValueError, match=refused):
        main(["quantize", str(encoder), *QUICK, "--out", str(tmp_path / "other")])


def test_a_folder_of_images_without_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, out = tmp_path / "photos", tmp_path / "net.pt"
    folder.mkdir()
    for n in range(4):
        Image.fromarray(np.full((20, 24, 3), 60 * n, np.uint8)).save(folder / f"{n}.png")
    (folder / "notes.txt").write_text("mine")
    (folder / "below").mkdir()
    data = load_set(f"images:{folder}", Wishes(size=16, limit=3))
    assert data.train.images.shape == (3, 3, 16, 16)
    assert data.train.images[:, 0, 0, 0].tolist() == pytest.approx([0, 60 / 255, 120 / 255])
    assert data.train.labels.tolist() == [UNLABELLED] * 3
    words = ("--model", "mobilenet_v1", "--width", 1 / 32, "--data", f"images:{folder}", "--size", 16, "--out", out)
    assert train("--trainer", "ssl", "--epochs", 1, "--projector", "4", *words) == 0
    assert "4 images of 3x16x16, labels not looked at" in " ".join(capsys.readouterr().out.split())
    with pytest.raises(ValueError, match=rf"^--data: images:{folder}: training images: they have no labels, and "):
        train(*words)
    with pytest.raises(ValueError, match=r"^--data: .*: training images: they have no labels, and quantisation needs"):
        main(["quantize", str(saved(tmp_path)), "--data", f"images:{folder}", "--out", str(tmp_path / "p")])
    for place, message in (("nowhere", "no such folder"), ("below", "it holds no images")):
        with pytest.raises((ValueError, OSError), match=rf"^--data: {folder / place}: {message}"):
            train("--trainer", "ssl", *words[:4], "--data", f"images:{folder / place}", "--out", out)


def saved(folder: Path) -> Path:
    meta = {
        "model": "digits_cnn",
        "width": 4,
        "source": None,
        "data": "digits",
        "classes": 10,
        "input_shape": [1, 8, 8],
    }
    save_model(DigitsCNN(width=4), folder / "supervised.pt", meta)
    return folder / "supervised.pt"


def test_a_pruned_model_stays_pruned(tmp_path: Path) -> None:
    pruned, net = tmp_path / "pruned.pt", tmp_path / "net.pt"
    words = ("--model", "digits_cnn", "--width", "8", *QUICK, "--epochs", "1")
    assert train(*words, "--pruner", "magnitude", "--sparsity", "0.7", "--out", pruned) == 0
    assert train("--trainer", "transfer", *QUICK, "--from", pruned, "--epochs", "1", "--out", net) == 0
    assert read_meta(net)["zeros"] >= 1200
    shrunk, small = tmp_path / "shrunk.pt", tmp_path / "small.pt"
    assert train(*words, "--pruner", "channel", "--out", shrunk) == 0
    assert train("--trainer", "transfer", *QUICK, "--from", shrunk, "--epochs", "1", "--out", small) == 0
    assert read_meta(small)["shapes"] == read_meta(shrunk)["shapes"]
    assert main(["quantize", str(small), *QUICK, "--samples", "4", "--out", str(tmp_path / "package")]) == 0


def test_names_are_those_of_the_registries() -> None:
    assert SSL_LOSSES.names()[: len(SSL_LOSS_NAMES)] == SSL_LOSS_NAMES
    assert set(TRAINERS) == set(TAKES) <= set(TRAINER)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--trainer ssl --batch 1", "--batch: 1 is less than 2: an image is told from the others of its batch"),
        ("--trainer ssl --loss FILE:nothing", "--loss: .*own.py:nothing: the file has no function 'nothing'"),
        ("--trainer ssl --shift 2", "--shift: not an option of trainer ssl; it takes --loss, --strength, --projector"),
        ("--trainer ssl --pruner 2:4", "--pruner: not an option of trainer ssl; it takes "),
        ("--trainer ssl --slim 0", "--slim: 0.0 is not in 0..1, 0 excluded"),
        ("--loss xd", "--loss: not an option of trainer supervised; it takes --shift, --pruner"),
        ("--per-class 3", "--per-class: not an option of trainer supervised"),
        ("--trainer transfer --per-class 70", r"--per-class: class \d has \d+ training images, not 70"),
        ("--trainer transfer --from nowhere.pt", "--from: nowhere.pt: No such file"),
    ],
)
def test_a_mistake_is_one_line(words: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(OWN)
    model = () if "--from" in words else ("--model", "digits_cnn", "--width", "4")
    given = words.replace("FILE", str(tmp_path / "own.py")).split()
    with pytest.raises((ValueError, LookupError, OSError, NotImplementedError, UserError)) as caught:
        train(*model, *QUICK, *given, "--out", tmp_path / "out.pt")
    assert re.match(message, str(caught.value.args[0])), caught.value
    assert "\n" not in str(caught.value.args[0])
    assert {path.name for path in tmp_path.iterdir()} - {"__pycache__"} == {"own.py"}  # which Python makes of own.py


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--strength 1.5", "--strength: '1.5' is not in 0..1"),
        ("--strength nan", "--strength: 'nan' is not 0 or a positive number"),
        ("--projector 0", "--projector: '0' is not widths from 1 on with commas"),
        ("--projector ,", "--projector: ',' is not widths"),
        ("--loss simclr", "--loss: no loss 'simclr'; there are barlow, xd"),
        ("--encoder-rate 2", "--encoder-rate: '2' is not in 0..1"),
    ],
)
def test_a_value_out_of_range_is_refused_before_anything(
    words: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        train(*words.split(), *QUICK, "--out", "net.pt")
    assert message in capsys.readouterr().err


def test_models_from_nowhere_and_files_of_others(encoder: Path, tmp_path: Path) -> None:
    out, state = ("--out", tmp_path / "out.pt"), tmp_path / "state.pt"
    with pytest.raises(ValueError, match=r"^--model: which one\?"):
        train(*QUICK, *out)
    with pytest.raises(ValueError, match=r"^--width: the file of --from has one already"):
        train("--trainer", "transfer", "--from", encoder, "--width", 3, *QUICK, *out)
    with pytest.raises(ValueError, match=r"^--data: glyphs has images of 3x32x32; digits_cnn was trained on digits"):
        train("--trainer", "transfer", "--from", encoder, "--data", "glyphs", "--limit", 20, *out)
    words = ("--model", "digits_cnn", "--width", 4, *QUICK, "--epochs", 1, "--checkpoint", state, *out)
    assert train(*words) == 0
    for trainer in ("ssl", "transfer"):
        with pytest.raises(ValueError, match=rf"^--checkpoint: .*: trainer is supervised there and {trainer} here"):
            train("--trainer", trainer, *words)
    with pytest.raises(ValueError, match=rf"^--from: {state}: holds a training, not a model"):
        train("--trainer", "transfer", "--from", state, *QUICK, *out)
    headless = tmp_path / "headless.py"
    headless.write_text(
        "import torch.nn as nn\nnet = lambda classes: nn.Sequential(nn.Conv2d(1, classes, 8), nn.Flatten())\n"
    )
    with pytest.raises(NotImplementedError, match=r"^--model: Sequential does not end in a linear layer: "):
        train("--trainer", "ssl", "--model", f"{headless}:net", *QUICK, *out)


def test_a_loss_of_ones_own_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(OWN)
    words = (*SSL_WORDS, "--loss", f"{tmp_path / 'own.py'}:apart", "--projector", "8")
    state, out = ("--checkpoint", tmp_path / "state.pt"), ("--out", tmp_path / "net.pt")
    assert train(*words, *state, *out) == 0
    with seeded(0, device_of("cpu")):
        fresh = build_model("digits_cnn", classes=10, width=4)
    got = load_model(tmp_path / "net.pt", lambda meta: DigitsCNN(width=4))[0]
    assert not torch.equal(got.conv1.weight, fresh.conv1.weight)
    (tmp_path / "own.py").write_text(OWN.replace("mean() -", "sum() -"))
    with pytest.raises(ValueError, match=r"^--checkpoint: .*: of another run: loss is "):
        train(*words, *state, *out)
