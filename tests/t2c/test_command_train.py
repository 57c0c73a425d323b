"""`t2c train` and `t2c quantize`: from a name or a file of one's own to a package, and every mistake in one line."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest
import torch
from torch import nn

from t2c.__main__ import main
from t2c.checkpoint import load_model, read_meta, save_model
from t2c.commands import parser_of, quantize
from t2c.commands.config import ConfigError, options_of
from t2c.errors import ModelError
from t2c.golden.errors import PackageError
from t2c.golden.graph.package import load_package
from t2c.golden.nodes.conv2d import Conv2d
from t2c.methods import METHODS, find_method
from t2c.models.digits_cnn import DigitsCNN
from t2c.models.zoo import MODELS, build_model, source_digest
from t2c.quantisers import MinMax
from t2c.trainers import TRAINER, Trainer
from tests.conftest import ROOT
from tests.t2c.test_command_line import refused, t2c

OWN = """
import torch.nn as nn
from helper import WIDTH

def net(classes, width=WIDTH):
    return nn.Sequential(nn.Conv2d(1, width, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(9 * width, classes))

class Fixed(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Flatten(), nn.Linear(64, 10))

def broken():
    raise RuntimeError("no weights today")

lazy = lambda: nn.Sequential(nn.Flatten(), nn.LazyLinear(10))
number = lambda: 3
"""
QUICK = ("--data", "digits", "--limit", "300")


def run(*words: object) -> int:
    return main([str(word) for word in words])


@pytest.fixture(scope="module")
def float_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small digits CNN, trained for some epochs."""
    path = tmp_path_factory.mktemp("float") / "digits.pt"
    words = ("train", "--model", "digits_cnn", "--width", 8, *QUICK, "--epochs", 4, "--rate", "1e-2", "--batch", 32)
    assert run(*words, "--out", path) == 0
    return path


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A file with models, and a module beside it."""
    (tmp_path / "helper.py").write_text("WIDTH = 4\n")
    path = tmp_path / "own.py"
    path.write_text(OWN)
    return path


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


def test_train_writes_what_the_python_interface_gives(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from t2c.data.sets import Wishes, load_set
    from t2c.trainers.base import device_of, seeded

    words = ("train", "--model", "digits_cnn", "--width", "4", *QUICK, "--epochs", 2, "--seed", 3, "--decay", 0)
    path, state = tmp_path / "new" / "a.pt", tmp_path / "state"
    assert run(*words, "--checkpoint", state, "--out", path) == 0
    out = said(capsys)
    data = load_set("digits", Wishes(limit=300))
    with seeded(3, device_of("cpu")):
        model = DigitsCNN(width=4)
    trained = TRAINER["supervised"](model, data, epochs=2, rate=4e-3, decay=0.0, seed=3).fit()
    mine, meta = load_model(path, lambda meta: build_model("digits_cnn", classes=10, width=meta["width"]))
    assert all(
        torch.equal(a, b) for a, b in zip(mine.state_dict().values(), trained.state_dict().values(), strict=True)
    )
    assert (meta["model"], meta["width"], meta["classes"], meta["input_shape"]) == ("digits_cnn", 4, 10, [1, 8, 8])
    assert (meta["data"], meta["source"], meta["seed"], meta["schedule"]["decay"]) == ("digits", None, 3, 0.0)
    with torch.no_grad():
        right = [mine(part.images).argmax(1) == part.labels for part in (data.calibration, data.test)]
    shares = [float(part.double().mean()) for part in right]
    assert [meta["accuracy"]["calibration"], meta["accuracy"]["test"]] == pytest.approx(shares, abs=0)
    assert f"accuracy {shares[0]:.2%} of the calibration images, {shares[1]:.2%} of the test images" in out
    assert f"written {path}" in out
    first = path.read_bytes()
    assert run(*words, "--checkpoint", state, "--out", path) == 0  # a finished run, over its own file
    assert read_meta(path) == meta
    assert path.read_bytes() == first
    assert sorted(file.name for file in path.parent.iterdir()) == ["a.pt"]
    with pytest.raises(ValueError, match=r"^--checkpoint: .*of another run: epochs is 2 there and 5 here"):
        run(*words, "--epochs", 5, "--checkpoint", state, "--out", path)


def test_defaults_are_the_trainers() -> None:
    import inspect

    told = {key: str(action.help).rpartition("(")[2] for key, action in options_of(parser_of("train")).items()}
    known = {name: inspect.signature(TRAINER[name]).parameters for name in ("supervised", "ssl", "transfer")}
    for key in ("epochs", "rate", "batch"):
        usual = [float(found) for found in re.findall(r"[\d.]+(?:e-\d+)?", told[key])]
        assert usual == [parameters[key].default for parameters in known.values()]
    for key in ("decay", "shift", "strength", "slim", "encoder_rate"):
        defaults = {parameters[key].default for parameters in known.values() if key in parameters}
        assert defaults == {float(told[key].rstrip(")"))}, key
    assert told["projector"].rstrip(")") == ",".join(map(str, known["ssl"]["projector"].default))
    assert told["loss"].rstrip(")") == known["ssl"]["loss"].default
    qat, ptq = (inspect.signature(TRAINER[name]).parameters for name in ("qat", "ptq"))
    helps = {key: str(action.help) for key, action in options_of(parser_of("quantize")).items()}
    assert f"({qat['epochs'].default})" in helps["epochs"]
    assert f"({ptq['iterations'].default})" in helps["iterations"]
    assert helps["rho"].endswith(f"({inspect.signature(TRAINER['admm']).parameters['rho'].default:g})")
    for key in ("rate", "batch"):
        usual = [float(found) for found in re.findall(r"[\d.]+(?:e-\d+)?", helps[key].partition("(")[2])]
        profit = inspect.signature(TRAINER["profit"]).parameters
        assert usual[:2] == [qat[key].default, ptq[key].default]
        assert usual[2:] == ([profit[key].default] if key in profit else [])


def test_names_are_those_of_the_registries() -> None:
    assert tuple(METHODS) == quantize.METHODS
    page = (ROOT / "docs" / "command_line.md").read_text().partition("## Models by name")[2].partition("\n## ")[0]
    assert re.findall(r"`([a-z]\w+)`", "".join(re.findall(r"^\| (.*?) \|", page, re.MULTILINE))) == list(MODELS)
    for name, known in MODELS.items():
        with torch.device("meta"):
            assert build_model(name, classes=7, width=known.least)
    with pytest.raises(ModelError, match=r"width: resnet20 takes a whole number of channels, not 0.5"):
        build_model("resnet20", classes=10, width=0.5)
    with pytest.raises(ModelError, match=r"width: 0.01 is below 0.03125, the least of mobilenet_v1"):
        build_model("mobilenet_v1", classes=10, width=0.01)


@pytest.mark.sample(3)
@pytest.mark.parametrize("method", ["minmax", "lsq", "adaround", "apot", "profit", "sp2"])
def test_quantize_by_every_kind_of_training(
    method: str, float_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kind = {
        "qat": ("--epochs", 1),
        "profit": ("--epochs", 1, "--distill", 0.5),
        "reconstruct": ("--iterations", 5, "--batch", 8),
        "ptq": (),
    }
    words = (*QUICK, "--method", method, "--weight-bits", 4, "--activation-bits", 5, "--samples", 6)
    out, more = tmp_path / "net4", ("--trainer", "admm", "--rho", 2) if method == "sp2" else ()
    assert run("quantize", float_file, *words, *more, *kind[find_method(method).training], "--out", out) == 0
    package = load_package(out)
    assert len(package.samples) == 6
    assert package.name == "net4"
    assert package.metrics["accuracy_float"] == read_meta(float_file)["accuracy"]["test"]
    bits = [node.weight_bits for node in package.graph.nodes if isinstance(node, Conv2d)]
    inner = 5 if method in ("apot", "sp2") else 4  # 4 bits of these are levels in 5-bit integers
    assert bits == [8, inner, inner]
    assert package.graph.edges["conv2"].bits == 5
    heads, row, last = capsys.readouterr().out.splitlines()
    wanted = "package float fake integer drop step error fake - integer integers equal"
    assert " ".join(heads.split()) == wanted
    name, *cells = row.split()
    figures = [package.metrics[f"accuracy_{kind}"] for kind in ("float", "fake_quantised", "integer")]
    assert (name, cells[:3]) == ("net4", [f"{figure:.2%}" for figure in figures])
    assert cells[3] == f"{100 * (figures[0] - figures[2]):.2f}"
    errors = [package.metrics["max_step_error"], package.metrics["fake_integer_mean"]]
    assert cells[4:6] == [f"{errors[0]:.4f}", f"{errors[1]:.3f}"]
    per_image = sum(torch.Size(edge.shape).numel() for edge in package.graph.edges.values())
    assert int(cells[-1].replace(",", "")) in (6 * per_image, 6 * (per_image - 64))
    assert last == f"written {out}, 6 test images in it"


@pytest.mark.sample(3)
@pytest.mark.parametrize(("share", "rows"), [(0, 0), (0.25, 2), (1, 8)])
def test_the_share_of_sp2_is_an_option(
    share: float, rows: int, float_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    fit = TRAINER["qat"].fit

    def watched(self: Trainer) -> nn.Module:
        net = fit(self)
        seen.append(int(net.layers["conv2"].weight_quantiser.rows.sum()))
        assert isinstance(net.layers["conv1"].weight_quantiser, MinMax)  # the ends have 8 bits
        return net

    monkeypatch.setattr(TRAINER["qat"], "fit", watched)
    words = ("--method", "msq", "--weight-bits", 4, "--activation-bits", 4, "--epochs", 0, "--share", share)
    assert run("quantize", float_file, *QUICK, *words, "--samples", 2, "--out", tmp_path / "net") == 0
    assert seen == [rows]


def test_options_of_the_integers_reach_the_package(
    float_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, words = tmp_path / "net", ("--mulquant", "fixed:6,10", "--rounding", "floor", "--acc-bits", 24, "--samples", 2)
    layers = ("--layer-bits", "conv1=5/3", "--layer-bits", "fc=/6", "--layer-bits", "x=7/", "--first-last-bits", "none")
    with pytest.raises(LookupError, match=r"^--layer-bits: no layer 'x'; the model has input, conv1, "):
        run("quantize", float_file, *QUICK, *layers, "--out", out)
    layers = (*layers[:4], "--first-last-bits", "none", "--weight-bits", 6, "--per-tensor", "--scheme", "channel_wise")
    assert run("quantize", float_file, *QUICK, *layers, *words, "--out", out) == 0
    graph = load_package(out).graph
    conv, fc = graph.node("conv1"), graph.node("fc")
    assert graph.widths.acc == 24
    assert (conv.weight_bits, graph.edges["conv1"].bits, fc.weight_bits, graph.edges["fc"].bits) == (5, 3, 6, 6)
    assert conv.mulquant.shift.tolist() == [10] * 8
    assert conv.mulquant.rounding == "floor"
    err = capsys.readouterr().err
    assert all(line.startswith("warning: layer ") for line in err.splitlines()), err


def test_your_own_model(own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name, package = "own.py:net", tmp_path / "p"
    assert run("train", "--model", name, *QUICK, "--epochs", 1, "--width", 2, "--out", "a.pt") == 0
    assert run("quantize", "a.pt", *QUICK, "--samples", 1, "--out", package) == 0
    assert load_package(package).graph.nodes[0].weight.shape == (2, 1, 3, 3)
    own.write_text(OWN + "\n# another\n")
    with pytest.raises(ModelError, match=r"own.py:net has changed since it was trained; .*: --model own.py:net$"):
        run("quantize", "a.pt", *QUICK, "--out", package)
    (tmp_path / "there").mkdir()
    for file in (own, tmp_path / "helper.py"):
        file.rename(tmp_path / "there" / file.name)
    with pytest.raises(ModelError, match=r"^MODEL.pt: own.py:net: own.py: No such file"):
        run("quantize", "a.pt", *QUICK, "--out", package)
    assert run("quantize", "a.pt", "--model", "there/own.py:net", *QUICK, "--samples", 1, "--out", package) == 0
    assert run("train", "--model", "t2c.models.digits_cnn:DigitsCNN", *QUICK, "--epochs", 0, "--out", "b.pt") == 0
    assert read_meta("b.pt")["source"] == source_digest("t2c.models.digits_cnn:DigitsCNN") != source_digest("resnet20")


LOST = """
import torch.nn as nn
import torch.nn.functional as F

class Lost(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(1, 2, 3, stride=2), nn.Linear(18, 10)

    def forward(self, x):
        y = self.conv(x)
        F.relu(y, inplace=True)
        return self.fc(y.flatten(1))
"""


def test_a_model_that_tracing_would_change_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lost.py").write_text(LOST)
    assert run("train", "--model", "lost.py:Lost", *QUICK, "--epochs", 1, "--out", "a.pt") == 0
    done = t2c("quantize", "a.pt", *QUICK, "--out", str(tmp_path / "p"), cwd=tmp_path, PYTHONPATH=str(ROOT))
    assert (done.returncode, done.stdout) == (2, "")
    assert re.match(r"error: node 'relu' \(call_function relu\): it changes the tensor of node 'conv'", done.stderr)
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["error", "loaded"]
    assert not (tmp_path / "p").exists()


def test_own_models_that_cannot_be_made(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, wanted in {
        "broken": "RuntimeError: no weights today",
        "lazy": "has lazy layers",
        "number": "gives int, not a torch.nn.Module",
        "nothing": f"{own} has no class or function nothing",
    }.items():
        with pytest.raises(ModelError, match=rf"^--model: .*{name}.*{wanted}"):
            run("train", "--model", f"{own}:{name}", *QUICK, "--out", own.parent / "x.pt")
    with pytest.raises(ModelError, match=r"^--width: .*Fixed has no parameter of that name"):
        run("train", "--model", f"{own}:Fixed", "--width", 3, *QUICK, "--out", own.parent / "x.pt")
    own.write_text("import nowhere_at_all\n")
    with pytest.raises(ModelError, match="ModuleNotFoundError: No module named 'nowhere_at_all'"):
        run("train", "--model", f"{own}:net", *QUICK, "--out", own.parent / "x.pt")
    with pytest.raises(ModelError, match=r"^--model: nowhere_at_all: there is no such module"):
        run("train", "--model", "nowhere_at_all:net", *QUICK, "--out", own.parent / "x.pt")
    assert not (own.parent / "x.pt").exists()
    assert "resnet20" in refused(capsys, "train", "--model", "resnet21")


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (
            "train --model nope",
            f"--model: 'nope' is not one of {', '.join(MODELS)}, module:Class",
        ),
        ("train --width 0", "--width: '0' is not a positive number"),
        ("train --epochs -1", "--epochs: '-1' is not an integer from 0 on"),
        ("train --rate nan", "--rate: 'nan' is not a positive number"),
        ("train --decay -1", "--decay: '-1' is not 0 or a positive number"),
        ("train --batch 0", "--batch: '0' is not an integer from 1 on"),
        ("quantize m.pt --method lsqq", "--method: no method 'lsqq'; there are minmax-tensor, minmax, sawb"),
        ("quantize m.pt --weight-bits 9", "--weight-bits: '9' is not an integer from 2 to 8"),
        ("quantize m.pt --activation-bits 1", "--activation-bits: '1' is not an integer from 2 to 8"),
        ("quantize m.pt --first-last-bits no", "--first-last-bits: 'no' is not an integer from 2 to 8"),
        ("quantize m.pt --residual-bits 17", "--residual-bits: '17' is not an integer from 2 to 16"),
        ("quantize m.pt --layer-bits fc=8", "--layer-bits: 'fc=8' is not LAYER=WEIGHT/ACTIVATION, such as"),
        ("quantize m.pt --layer-bits fc=8/9", "--layer-bits: '9' is not an integer from 2 to 8"),
        ("quantize m.pt --mulquant fixed:9,9", "--mulquant: 'fixed:9,9' is neither normalized nor power_of_two nor"),
        ("quantize m.pt --rounding up", "--rounding: invalid choice: 'up'"),
        ("quantize m.pt --acc-bits 60", "--acc-bits: acc bits = 60 is outside 8..48"),
        ("quantize m.pt --per-channel --per-tensor --samples 0", "--samples: '0' is not an integer from 1 on"),
        ("quantize --data digits --out p", "the following arguments are required: MODEL.pt"),
    ],
)
def test_arguments_that_are_refused(capsys: pytest.CaptureFixture[str], words: str, wanted: str) -> None:
    assert refused(capsys, *words.split()).startswith(f"error: {wanted}")


def test_requests_that_do_not_fit(float_file: Path, tmp_path: Path) -> None:
    """Each is refused by the option's name, and nothing is written."""
    out = tmp_path / "out"
    damaged, mine = tmp_path / "damaged.pt", tmp_path / "mine.txt"
    damaged.write_bytes(float_file.read_bytes()[:-900])
    mine.write_text("mine")
    foreign = tmp_path / "foreign.pt"
    save_model(DigitsCNN(), foreign, {"model": "digits_cnn"})
    before = sorted(tmp_path.rglob("*"))
    train, glyphs = f"train --model digits_cnn --out {out}", "--data glyphs --limit 20"
    model = f"quantize {float_file} --out {out}"
    for words, wanted in {
        f"{train} {glyphs}": r"--data: images of 3x32x32 from glyphs do not fit digits_cnn: ",
        f"{train} --data nope": r"--data: 'nope' is not one of digits, digits32, glyphs",
        f"{train} --data folder:{tmp_path}/no": r"--data: .*/no",
        f"{train} --data digits --device tpu": r"--device: device 'tpu': choose cpu or cuda",
        f"{train} --data digits --width 1.5": r"--width: digits_cnn takes a whole number",
        f"{train} --data digits --checkpoint {out}": r"--checkpoint: .* is inside what --out writes",
        f"{train} --data digits --out {mine}": r"--out: .*mine.txt: damaged, or no checkpoint; not overwritten",
        f"{train} --data digits --out {tmp_path}": r"--out: .*: is a directory",
        f"{model} {glyphs}": r"--data: glyphs has images of 3x32x32; digits_cnn was trained on digits, 1x8x8",
        f"{model} --data digits --samples 999": r"--samples: 999, but digits has 360 test images",
        f"{model} --data digits --model resnet20": r"MODEL.pt: --model: .* holds digits_cnn, not resnet20",
        f"{model} --data digits --epochs 3": r"--epochs: method minmax calibrates only; it takes none of these",
        f"{model} --data digits --method lsq --iterations 3": r"--iterations: method lsq trains on labels; it takes",
        f"{model} --data digits --trainer admm": r"--trainer: method minmax calibrates only; it takes none$",
        f"{model} --data digits --method lsq --rho 1": r"--rho: method lsq trains on labels; it takes --epochs",
        f"{model} --data digits --method lsq --trainer admm": r"admm: it needs weight quantisers with `project`, as",
        f"{model} --data digits --method sp2 --share 0.5": r"--share: method sp2 has filters of one kind",
        f"{model} --data digits --method sp2": r"--weight-bits: method 'sp2' has no 8-bit weights",
        f"{model} --data digits --layer-bits a=8/ --layer-bits a=/8": r"--layer-bits: layer 'a' is given twice",
        f"{model} --data digits --out {tmp_path}": r"--out: .*: exists and is not a model package; not overwritten",
        f"{model} --data digits --acc-bits 8": r".*acc",
        f"quantize {damaged} --data digits --out {out}": r"MODEL.pt: .*damaged.pt: damaged, or no checkpoint",
        f"quantize {foreign} --data digits --out {out}": r"MODEL.pt: .*: not a model of t2c train: no 'width'",
        f"quantize nowhere.pt --data digits --out {out}": r"MODEL.pt: nowhere.pt: No such file or directory",
    }.items():
        with pytest.raises((ValueError, LookupError, OSError, NotImplementedError, PackageError)) as caught:
            run(*words.split())
        assert re.match(wanted, str(caught.value.args[0])), (words, caught.value)
        assert sorted(tmp_path.rglob("*")) == before, words


def test_a_mistake_is_one_line_and_help_does_not_load_torch(tmp_path: Path) -> None:
    for name in ("train", "quantize"):
        done = t2c(name, "--help", hidden=("torch", "yaml"))
        assert (done.returncode, done.stderr) == (0, "loaded:\n")
        assert all(word in done.stdout for word in (METHODS if name == "quantize" else MODELS))
    done = t2c("train", "--model", "digits_cnn", "--data", "digits", "--out", "x", hidden=("torch",), cwd=tmp_path)
    assert done.stderr == "error: torch is not installed; try: pip install 'torch2chip-cosim[t2c]'\nloaded:\n"
    done = t2c("quantize", "no.pt", "--data", "digits", "--out", "x", cwd=tmp_path)
    assert (done.returncode, done.stdout, list(tmp_path.iterdir())) == (2, "", [])
    assert done.stderr.startswith("error: MODEL.pt: no.pt: No such file or directory\n")


def test_options_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "e.yaml"
    section = "{float_model: a.pt, layer_bits: [fc=8/, conv1=/4], per_channel: false, mulquant: 'fixed:4,12', out: p}"
    path.write_text(f"data: digits\nseed: 5\nquantize: {section}\ntrain: {{model: resnet20, rate: 1e-3, out: a.pt}}\n")
    seen: list[argparse.Namespace] = []
    for name in ("train", "quantize"):
        monkeypatch.setattr(f"t2c.commands.{name}.execute", lambda options: seen.append(options) or 0)
        assert run(name, "--config", path) == 0
    assert (seen[0].data, seen[0].seed, seen[0].model, seen[0].rate) == ("digits", 5, "resnet20", 1e-3)
    got = seen[1]
    assert (got.data, got.seed, got.float_model, got.mulquant) == ("digits", 5, Path("a.pt"), (4, 12))
    assert (got.layer_bits, got.per_channel) == ([("fc", 8, None), ("conv1", None, 4)], False)
    run("quantize", "--config", path, "--layer-bits", "a=2/", "--layer-bits", "b=3/", "--per-channel")
    assert (seen[2].layer_bits, seen[2].per_channel) == ([("a", 2, None), ("b", 3, None)], True)
    for text, wanted in {
        "quantize: {layer_bits: [fc=8]}": r"quantize.layer_bits\[0\]: 'fc=8' is not LAYER=WEIGHT/ACTIVATION",
        "quantize: {layer_bits: fc=8/8}": r"quantize.layer_bits: 'fc=8/8' is not a list",
        "quantize: {method: lsqq}": r"quantize.method: no method 'lsqq'; there are",
        "train: {model: resnet}": r"train.model: 'resnet' is not one of digits_cnn",
        "train: {epochs: 1.5}": r"train.epochs: '1.5' is not an integer from 0 on",
    }.items():
        path.write_text(text)
        with pytest.raises(ConfigError, match=wanted):
            run("inspect", "--config", path)
