"""What trainers are given: data that are not what they should be, and weights that must not train, in one line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from t2c.calibration import quantisers_of
from t2c.checkpoint import digest
from t2c.data.split import Split, Splits
from t2c.golden.errors import ShapeError, UnsupportedError
from t2c.network import QNetwork
from t2c.quantisers import AdaRound
from t2c.trainers import PTQ, QAT, Supervised
from tests.conftest import ROOT
from tests.t2c.trained import digits, fresh, trained

SMALL = 100


def with_train(images: Any = None, labels: Any = None) -> Splits:
    data = digits(SMALL)
    whole = data.train
    train = Split(images=whole.images if images is None else images, labels=whole.labels if labels is None else labels)
    return Splits(train=train, calibration=data.calibration, test=data.test)


def labels(value: int) -> Tensor:
    wrong = digits(SMALL).train.labels.clone()
    wrong[3] = value
    return wrong


def one_line(message: str, data: Splits, *trainers: Any) -> None:
    for trainer in trainers:
        with pytest.raises(ValueError, match=message) as caught:
            trainer(fresh() if trainer is Supervised else trained(), data).fit()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("images", "answers", "message"),
    [
        (digits(SMALL).train.images.numpy(), None, "^training images: ndarray, not a torch.Tensor; torch.from_numpy"),
        (None, digits(SMALL).train.labels.numpy(), "^training labels: ndarray, not a torch.Tensor; torch.from_numpy"),
        (None, digits(SMALL).train.labels.tolist(), "^training labels: list, not a torch.Tensor$"),
        (torch.zeros(0, 1, 8, 8), torch.zeros(0, dtype=torch.int64), "^there are no training images$"),
        (torch.zeros(0, 1, 8, 8), None, r"^training data: images \(0, 1, 8, 8\) and labels \(100,\), not one label"),
        (None, torch.zeros(99, dtype=torch.int64), r"^training data: .* labels \(99,\), not one label for each"),
        (None, torch.zeros(100, 10), r"^training data: .* labels \(100, 10\), not one label for each"),
        (torch.zeros(100, 1, 0, 8), None, r"^training images: shape \(100, 1, 0, 8\) has no pixels$"),
        (torch.zeros(100, 1, 8, 8, dtype=torch.uint8), None, "^training images: uint8, not float32 in 0..1$"),
        (None, torch.zeros(100), "^training labels: float32, not int64$"),
    ],
)
def test_training_data_of_every_trainer(images: Any, answers: Any, message: str) -> None:
    one_line(message, with_train(images, answers), Supervised, PTQ, QAT)


def test_labels_that_are_no_class() -> None:
    """Of those who learn from labels; before anything is trained."""
    negative = "^training labels: that of image 3 is -1, not a class, 0 or above$"
    large = r"^training labels: that of image 3 is 10, not in 0\.\.9: the model has 10 outputs$"
    one_line(negative, with_train(labels=labels(-1)), Supervised, QAT)
    one_line(large, with_train(labels=labels(10)), Supervised, QAT)
    model = fresh()
    before = digest(list(model.parameters()))
    with pytest.raises(ValueError, match=large):
        Supervised(model, with_train(labels=labels(10)), batch=2, shift=0).fit()  # image 3 is not in the first batch
    assert digest(list(model.parameters())) == before
    for value in (-1, 10):
        assert PTQ(trained(), with_train(labels=labels(value))).fit()  # labels are not looked at


def test_the_other_splits_are_looked_at_no_further_than_their_kind() -> None:
    data, none = digits(SMALL), Split(images=torch.zeros(0, 1, 8, 8), labels=torch.zeros(0, dtype=torch.int64))
    array = Split(images=data.test.images.numpy(), labels=data.test.labels)  # type: ignore[arg-type]
    one_line(
        "^test images: ndarray, not a torch.Tensor",
        Splits(train=data.train, calibration=none, test=array),
        Supervised,
        PTQ,
        QAT,
    )
    one_line(
        "^calibration images: ndarray, not a torch.Tensor",
        Splits(train=data.train, calibration=array, test=none),
        Supervised,
    )
    assert PTQ(trained(), Splits(train=data.train, calibration=none, test=none)).fit()


def test_a_model_that_gives_no_logits() -> None:
    class Pair(nn.Flatten):
        def forward(self, x: Tensor) -> Any:
            return x, x

    wanted = r"^supervised: the model gives {} for 64 images, not \(64, classes\)$"
    for model, said in ((nn.Identity(), r"\(64, 1, 8, 8\)"), (Pair(), "tuple"), (nn.Flatten(0), r"\(4096,\)")):
        model.weight = nn.Parameter(torch.zeros(1))
        with pytest.raises(ShapeError, match=wanted.format(said)):
            Supervised(model, digits(SMALL)).fit()


def adaround(method: str = "adaround") -> QNetwork:
    options = {"weight_bits": 4, "activation_bits": 4, "iterations": 2, "images": 64}
    return PTQ(trained(), digits(SMALL), method=method, **options).fit()


@pytest.mark.parametrize("method", ["adaround", "qdrop"])
def test_learned_rounding_is_not_fine_tuned(method: str) -> None:
    """Weight decay would move w under the alpha that was learned for it, and no gradient would bring it back."""
    wanted = "^layer 'conv1': AdaRound rounds fixed weights, qat would train them; use ptq, or freeze them with weight"
    for model, options in ((adaround(method), {}), (trained(), {"method": method})):
        with pytest.raises(UnsupportedError, match=wanted) as caught:
            QAT(model, digits(SMALL), decay=1e-2, **options)
        assert "\n" not in str(caught.value)


def test_around_frozen_weights_the_rest_trains() -> None:
    """With weight decay: every integer weight stays, normalisation learns."""
    net = adaround("qdrop")
    rounded = [layer for layer in net.layers.values() if isinstance(getattr(layer, "weight_quantiser", None), AdaRound)]
    assert len(rounded) == 4
    for layer in rounded:
        layer.weight.requires_grad_(False)
    before = [layer.weight_quantiser.integers(layer.weight) for layer in rounded]
    kept = digest([[layer.weight, layer.weight_quantiser.alpha] for layer in rounded])
    betas = [layer.beta.detach().clone() for layer in rounded]
    scales = [quantiser.scale.detach().clone() for quantiser in quantisers_of(net)]
    QAT(net, digits(SMALL), epochs=2, rate=1e-2, decay=0.1).fit()
    assert digest([[layer.weight, layer.weight_quantiser.alpha] for layer in rounded]) == kept
    for layer, integers, beta in zip(rounded, before, betas, strict=True):
        assert torch.equal(layer.weight_quantiser.integers(layer.weight), integers)
        assert not torch.equal(layer.beta, beta)
    assert any(not torch.equal(q.scale, old) for q, old in zip(quantisers_of(net), scales, strict=True))


def test_your_own_data_as_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs" / "training.md").read_text()
    blocks = [block for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "Split(" in block]
    assert len(blocks) == 1
    monkeypatch.chdir(tmp_path)
    data = digits(SMALL)
    names: dict[str, Any] = {"images": data.train.images, "labels": data.train.labels, "model": fresh()}
    names |= {"test_images": data.test.images, "test_labels": data.test.labels}
    exec(compile(blocks[0], "docs/training.md", "exec"), names)
    assert [len(names["data"].train), len(names["data"].calibration), len(names["data"].test)] == [90, 10, 360]
    assert Supervised(fresh(), names["data"], epochs=1).fit()
