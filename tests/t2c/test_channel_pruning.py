"""Channel pruning: what goes together goes together, and the smaller network is the larger one without what is 0."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from t2c.__main__ import main
from t2c.checkpoint import load_model, save_model
from t2c.commands.training import open_float_model
from t2c.errors import CheckpointError
from t2c.fusion.channel_spaces import channel_spaces
from t2c.golden.errors import ShapeError, UnsupportedError
from t2c.golden.graph.package import load_package
from t2c.models.digits_cnn import DigitsCNN
from t2c.models.mobilenet_v1 import MobileNetV1
from t2c.models.resnet20 import ResNet20
from t2c.pruners.channels import WholeChannels
from t2c.shrinking import resize, shrink
from t2c.trainers import PTQ, QAT, Supervised
from tests.t2c.test_trainers import SMALL
from tests.t2c.trained import break_off, digits, fresh, same, trained


def channels(model: nn.Module) -> dict[str, tuple[int, int]]:
    """Outputs and inputs of every weighted module."""
    found = {}
    for name, module in model.named_modules():
        if isinstance(module, nn.Conv2d):
            found[name] = (module.out_channels, module.in_channels)
        elif isinstance(module, nn.Linear):
            found[name] = (module.out_features, module.in_features)
    return found


def pruned(checkpoint: Path | None = None, **options: object) -> Supervised:
    return Supervised(
        fresh(), digits(SMALL), epochs=3, pruner="channel", sparsity=0.5, checkpoint=checkpoint, **options
    )


def cut_by_hand(model: nn.Module, spaces: dict[int, Tensor], images: Tensor) -> nn.Module:
    """Zero the channels of some spaces, as training leaves them, and shrink a copy."""
    every = channel_spaces(model, images)
    with torch.no_grad():
        for number, kept in spaces.items():
            for name in (*every[number].makers, *every[number].norms):
                module = model.get_submodule(name)
                for tensor in module.parameters():
                    tensor[~kept] = 0.0
    smaller = copy.deepcopy(model)
    shrink(smaller, spaces, every, images)
    return smaller


def test_a_residual_stage_loses_the_same_channels_and_a_flatten_all_its_inputs() -> None:
    model = pruned().fit()
    assert channels(model) == {"conv1": (4, 1), "conv2": (4, 4), "conv3": (4, 4), "fc": (10, 64)}
    assert model.bn1.num_features == 4
    assert model.conv3.bias.shape == (4,)
    assert all(bool((p != 0).any()) for p in model.parameters())


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("kind", "width", "count"), [(ResNet20, 8, 12), (MobileNetV1, 0.25, 14)], ids=["resnet", "mobilenet"]
)
def test_the_smaller_network_is_the_same_function(kind: Callable[[float], nn.Module], width: float, count: int) -> None:
    """Every space that may lose channels loses every third; statistics of BatchNorm are not those of a new one."""
    shape, random = (4, 3, 32, 32), torch.Generator().manual_seed(0)
    images = torch.rand(shape, generator=random)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = kind(width).eval()
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.uniform_(module.running_mean, -0.2, 0.2)
                nn.init.uniform_(module.weight, 0.5, 1.0)
                nn.init.uniform_(module.bias, -0.2, 0.2)
    spaces = {
        number: torch.arange(space.channels) % 3 != 0
        for number, space in enumerate(channel_spaces(model, images))
        if not space.pinned
    }
    assert len(spaces) == count
    smaller = cut_by_hand(model, spaces, images)
    assert sum(p.numel() for p in smaller.parameters()) < 0.55 * sum(p.numel() for p in model.parameters())
    other = torch.randn(shape, generator=random).double()
    with torch.no_grad():
        gap = (smaller.double()(other) - model.double()(other)).abs().max()
    assert float(gap) < 1e-12
    wide, narrow = channels(model), channels(smaller)
    assert all(narrow[name][0] == int((torch.arange(wide[name][0]) % 3 != 0).sum()) for name in wide if name != "fc")


class Counted(nn.Module):
    """Its forward repeats a width."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3)
        self.fc = nn.Linear(8 * 36, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.conv1(x).relu().reshape(-1, 8 * 36))


def test_a_model_that_cannot_be_smaller_is_refused_and_stays_as_it_was() -> None:
    model = Counted().eval()
    before = copy.deepcopy(model)
    spaces = channel_spaces(model, digits(SMALL).train.images)
    kept = {1: torch.arange(8) < 4}
    with pytest.raises(UnsupportedError, match="channels cannot go: "):
        shrink(model, kept, spaces, digits(SMALL).train.images[:8])
    assert same(model, before)
    model = trained()  # nothing of it is 0
    spaces = channel_spaces(model, digits(SMALL).train.images)
    with pytest.raises(UnsupportedError, match="with fewer, the model is another function"):
        shrink(model, kept, spaces, digits(SMALL).train.images[:8])


def test_what_reads_channels_otherwise_pins_them() -> None:
    class Joined(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Conv2d(1, 4, 1), nn.Conv2d(1, 4, 1)
            self.c = nn.Conv2d(8, 8, 1, groups=2)

        def forward(self, x: Tensor) -> Tensor:
            return self.c(torch.cat((self.a(x).relu(), self.b(x).relu()), 1)).mean((2, 3))

    pinned = [space.pinned for space in channel_spaces(Joined(), torch.rand(4, 1, 4, 4))]
    assert all(pinned)
    with pytest.raises(
        UnsupportedError, match="nothing to prune: every channel is of the input, of the output, pinned"
    ):
        Supervised(Joined(), digits(SMALL), pruner="channel")


def test_dense_keeps_the_channels_of_all_that_shares_them() -> None:
    model = pruned(dense=["conv3"]).fit()  # conv1 and conv3 meet in the residual add
    assert channels(model) == {"conv1": (8, 1), "conv2": (4, 8), "conv3": (8, 4), "fc": (10, 128)}


def test_refusals() -> None:
    with pytest.raises(ShapeError, match=r"layer 'conv3': a sparsity of 0.99 leaves none of 8 channels"):
        Supervised(fresh(), digits(SMALL), pruner="channel", sparsity=0.99)
    for kind in (PTQ, QAT):
        with pytest.raises(UnsupportedError, match="WholeChannels shrinks float models: prune first"):
            kind(trained(), digits(SMALL), pruner="channel")
    with pytest.raises(LookupError, match="dense: no layer 'conv9'"):
        pruned(dense=["conv9"])
    with pytest.raises(ShapeError, match=r"conv2: weights of \(4, 4, 1, 1\) where the model has \(8, 8, 3, 3\)"):
        resize(fresh(), {"conv2.weight": (4, 4, 1, 1)})


def test_broken_off_and_resumed_gives_the_same_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted, path = pruned().fit(), tmp_path / "run.pt"
    break_off(pruned(path, save_every=3), 3, monkeypatch)
    assert same(pruned(path, save_every=3).fit(), wanted)
    assert same(pruned(path, save_every=3).fit(), wanted)  # finished


def test_the_smallest_filters_go_and_do_not_come_back() -> None:
    model, pruner = fresh(), WholeChannels(0.5)
    trainer = Supervised(model, digits(SMALL), pruner=pruner)
    assert trainer.sparsifier is not None
    layers = trainer.sparsifier.layers
    size = {name: getattr(model, name).weight.detach().abs().flatten(1).sum(1) for name in ("conv1", "conv2", "conv3")}
    masks = dict(zip([layer.name for layer in layers], pruner.masks(layers, 0.5, 1.0), strict=True))
    for name, score in (("conv2", size["conv2"]), ("conv1", size["conv1"] + size["conv3"])):
        assert masks[name].flatten(1).all(1).tolist() == (score >= score.sort().values[4]).tolist()
        assert torch.equal(masks[name].flatten(1).all(1), masks[name].flatten(1).any(1))
    assert torch.equal(masks["conv1"].flatten(1).all(1), masks["conv3"].flatten(1).all(1))


def test_a_file_of_a_smaller_model_is_quantised_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net, quick = tmp_path / "net.pt", ("--data", "digits", "--limit", "200")
    words = ("--model", "digits_cnn", "--width", "8", "--epochs", "1", "--pruner", "channel", "--sparsity", "0.25")
    assert main(["train", *words, *quick, "--out", str(net)]) == 0
    assert "pruned    to 1,204 of 2,034 parameters" in capsys.readouterr().out
    assert main(["quantize", str(net), *quick, "--out", str(tmp_path / "package")]) == 0
    graph = load_package(tmp_path / "package").graph
    assert [graph.node(name).weight.shape[:2] for name in ("conv1", "conv2", "conv3", "fc")] == [
        *((6, 1), (6, 6), (12, 6), (10, 12))
    ]


def test_nonsense_in_the_shapes_of_a_file_is_one_line(tmp_path: Path) -> None:
    meta = {
        "model": "digits_cnn",
        "width": 8,
        "source": None,
        "data": "digits",
        "classes": 10,
        "input_shape": [1, 8, 8],
    }
    for shapes, message in (
        ({"conv1.weight": [0, 1]}, "shapes are not lists of positive integers"),
        ([3], "shapes are not lists"),
        ({"conv1.weight": [4, 1, 5, 5]}, r"of another model: conv1: weights of \(4, 1, 5, 5\) where"),
        ({"conv1.weight": [4, 1, 3, 3]}, "of another model: 'conv1.weight' is"),
    ):
        save_model(DigitsCNN(8), tmp_path / "net.pt", meta | {"shapes": shapes})
        with pytest.raises((CheckpointError, ShapeError), match=message):
            open_float_model(tmp_path / "net.pt", None)
    assert load_model(tmp_path / "net.pt", lambda _: DigitsCNN(8))[1]["width"] == 8
