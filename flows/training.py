"""Train what a design says, and measure it on the validation split: the trial that most searches are made of.

A design is plain values: `width`, a factor of the model's usual one; `pattern` and `sparsity` of a pruner; `method`,
`weight_bits`, `activation_bits` and `layer_bits` {layer: [weight, activation]} of quantisation; `share`, of filters
that are SP2 (msq); `tuning`, how it was last fine-tuned. What it does not say is as the model has it, in float.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import nn

from t2c.accuracy import accuracy, logits_of
from t2c.checkpoint import load_model, save_model
from t2c.commands.training import check_fits, classes_of
from t2c.data.sets import Wishes, load_set
from t2c.data.split import Split, Splits
from t2c.errors import ModelError
from t2c.example_models.settings import repeatable
from t2c.flows.errors import FlowError
from t2c.flows.trials import Place
from t2c.fusion import LayerBits
from t2c.layers.weighted import QWeighted
from t2c.methods import Method, find_method, with_share
from t2c.models.zoo import MODELS, build_model
from t2c.network import QNetwork
from t2c.shrinking import resize
from t2c.trainers import PTQ, QAT, Supervised

WEIGHTS, TUNED = "weights.pt", "tuned.pt"
"""Files of a trial: the float weights, and the state of the fine-tuning, from which it is had again at once."""
STEPS = 64
"""Training samples of a step."""

Plain = Mapping[str, Any]


@lru_cache(maxsize=2)
def _loaded(name: str, limit: int | None) -> Splits:
    return load_set(name, Wishes(limit=limit))


def searched_on(subject: Plain) -> Splits:
    """The data of a search: the validation split stands in the place of the test split, which no search can see."""
    whole = _loaded(_named(subject, "data"), subject.get("limit"))
    return Splits(train=whole.train, calibration=whole.calibration, test=whole.calibration)


def test_split(subject: Plain) -> Split:
    """The test images: for the last task of a flow."""
    return _loaded(subject["data"], subject.get("limit")).test


def _named(subject: Plain, what: str) -> str:
    """What the head of the yaml says; raise FlowError if it does not."""
    if what not in subject:
        raise FlowError(f"the flow names no {what}")
    return str(subject[what])


def only_width(design: Plain) -> dict[str, Any]:
    """What of a design its float weights need: those of the same width, nothing pruned or quantised."""
    return {"width": design["width"]} if "width" in design else {}


def float_model(subject: Plain, design: Plain, weights: Path | None = None) -> nn.Module:
    """The model of a design, with some weights, or those of the seed."""
    name = _named(subject, "model")
    factor, usual = design.get("width", 1.0), subject.get("width")
    width: Any = usual
    if factor != 1.0:
        known = MODELS.get(name)
        base = usual if usual is not None else known.width if known else 1.0
        whole = known.whole if known else isinstance(base, int)
        width = max(1, round(base * factor)) if whole else base * factor
    classes = classes_of(searched_on(subject))
    if weights is None:
        with repeatable(subject["seed"]):
            return build_model(name, classes=classes, width=width)

    def build(meta: dict[str, Any]) -> nn.Module:
        model = build_model(name, classes=classes, width=width)
        resize(model, meta["shapes"])
        return model

    return load_model(weights, build)[0]


def _shift(data: Splits) -> int:
    """Pixels by which a training moves its images; vectors have none."""
    return int(data.train.images.ndim > 2)


def method_of(design: Plain) -> Method:
    """The method of quantisation, with the design's share of SP2."""
    method = find_method(design.get("method", "lsq"))
    return method if design.get("share") is None else with_share(method, design["share"])


def quantised(subject: Plain, design: Plain, model: nn.Module, checkpoint: Path) -> QNetwork:
    """The network at the bits of a design: calibrated, and fine-tuned for the epochs of its `tuning`.

    checkpoint: file of the fine-tuning; where that is over, the result is there at once.
    """
    method, tuning, data = method_of(design), design["tuning"], searched_on(subject)
    own = {name: LayerBits(weight=w, activation=x) for name, (w, x) in design.get("layer_bits", {}).items()}
    options: dict[str, Any] = {"layer_bits": own, "first_last_bits": None}
    fuser = method.fuser(design["weight_bits"], design["activation_bits"], **options)
    shared: dict[str, Any] = {"fuser": fuser, "seed": subject["seed"], "title": "quantise"}
    if design.get("sparsity"):
        shared["pruner"] = "keep"
    with repeatable(subject["seed"]):
        if not tuning["epochs"]:
            return PTQ(model, data, **shared).fit()
        schedule = {"epochs": tuning["epochs"], "rate": tuning["rate"], "batch": STEPS, "shift": _shift(data)}
        return QAT(model, data, checkpoint=checkpoint, **schedule, **shared).fit()


def weighted_layers(net: QNetwork) -> dict[str, int]:
    """How many weights each layer has that has any, in the order of the network."""
    found = {wire.name: net.layers[wire.name] for wire in net.wires}
    return {name: layer.weight.numel() for name, layer in found.items() if isinstance(layer, QWeighted)}


def validation_accuracy(net: nn.Module, subject: Plain) -> float:
    """Share of the validation images that a network has right."""
    held_out = searched_on(subject).calibration
    return accuracy(logits_of(net, held_out.images), held_out.labels)


def _check_fits(subject: Plain, model: nn.Module, data: Splits) -> None:
    """Refuse a model that does not run on the data; raise FlowError."""
    try:
        check_fits(model, subject["model"], subject["data"], data)
    except ModelError as error:
        raise FlowError(str(error).removeprefix("--data: ")) from error


def trained(payload: Plain, place: Place) -> dict[str, Any]:
    """A trial: train a design, write its weights, measure it on the validation split.

    Args:
        payload: `subject`; `design`; `start`, file of float weights, in the store, or None; `float`, how the float
            weights are trained first: None for not at all, or `epochs`, `rate`, `decay` and, if something is pruned
            in it, `pruner` and `sparsity`.
        place: folder of the trial.

    Returns:
        accuracy: on the validation split, quantised if the design has bits; layers: of such a design, those
        with weights, with how many.
    """
    torch.set_num_threads(1)
    subject, design, schedule = payload["subject"], payload["design"], payload["float"]
    start = payload.get("start")
    model = float_model(subject, design, place.path(start) if start else None)
    data = searched_on(subject)
    if not start:
        _check_fits(subject, model, data)
    if schedule is not None:
        plan = {**schedule, "batch": STEPS, "shift": _shift(data), "title": "train", "seed": subject["seed"]}
        if design.get("sparsity") and "pruner" not in schedule and start:
            plan["pruner"] = "keep"
        with repeatable(subject["seed"]):
            Supervised(model, data, **plan).fit()
    shapes = {name: list(tensor.shape) for name, tensor in model.state_dict().items()}
    save_model(model, place.folder / WEIGHTS, {"shapes": shapes})
    net: nn.Module = model.eval()
    found: dict[str, Any] = {}
    if design.get("weight_bits"):
        net = quantised(subject, design, model, place.folder / TUNED)
        found["layers"] = weighted_layers(net)
    return {"accuracy": validation_accuracy(net, subject), **found}
