"""`t2c train`: train a float model and write it to a file, for `t2c quantize` or another training."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from t2c.commands.by_trainer import add_by_trainer, check_taken, given, naming_trainer
from t2c.commands.pruning import add_pruning, chosen_pruner, naming_pruning, pruned_meta, pruned_text
from t2c.commands.training import (
    FloatModel,
    add_data,
    add_run,
    check_fits,
    check_model_file,
    check_run,
    classes_of,
    load_data,
    naming,
    open_float_model,
    shape_text,
)
from t2c.commands.values import number
from t2c.errors import CheckpointError, ModelError
from t2c.models.zoo import MODELS, OWN, build_model, check_name, source_digest

if TYPE_CHECKING:
    from torch import nn

    from t2c.data.split import Splits

NAME = "train"
HELP = "train a float model, one of this project or your own, and write it to a file"


def model_name(text: str) -> str:
    """The type of `--model`."""
    try:
        return check_name(text)
    except ModelError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def width(text: str) -> int | float:
    """The type of `--width`: a whole number stays one."""
    value = number(zero=False)(text)
    return int(value) if value == int(value) else value


def configure(parser: argparse.ArgumentParser) -> None:
    """The model, the data, the schedule, the file."""
    parser.add_argument("--model", type=model_name, help=f"{', '.join(MODELS)}; {OWN}")
    widths = ", ".join(f"{known.width} for {name}" for name, known in MODELS.items())
    parser.add_argument("--width", type=width, help=f"channels of the first layers, or a factor ({widths})")
    add_data(parser)
    add_by_trainer(parser)
    add_pruning(parser)
    add_run(parser)
    parser.add_argument("--out", type=Path, required=True, help="file to write the model to, such as net.pt")


def execute(options: argparse.Namespace) -> int:
    """Train, evaluate, write, print; return 0."""
    from t2c.checkpoint import save_model
    from t2c.trainers import TRAINER

    check_taken(options)
    kind, pruning = options.trainer, chosen_pruner(options)
    check_run(options)
    check_model_file(options.out)
    splits = load_data(options, kind)
    start = _start(options, splits)
    name = start.name
    if start.pruned and not pruning:
        pruning = chosen_pruner(options, "keep")

    run = {"seed": options.seed, "device": options.device, "checkpoint": options.checkpoint, "title": name}
    with naming_pruning(), naming_trainer(options):
        trainer: Any = TRAINER[kind](start.model, splits, **given(options), **pruning, **run)
    model, shape, classes = start.model, tuple(splits.train.images.shape[1:]), classes_of(splits)
    count = sum(parameter.numel() for parameter in model.parameters())
    print(f"model     {name}, {count:,} parameters")
    told = "labels not looked at" if kind == "ssl" else f"{classes} classes"
    print(f"data      {options.data}: {len(trainer.data.train):,} images of {shape_text(shape)}, {told}", flush=True)
    with naming("--checkpoint", CheckpointError):
        trainer.fit()
    if trainer.history:
        loss, share = trainer.history[-1]
        right = f"{share:.2%} of the views found" if kind == "ssl" else f"accuracy {share:.2%}"
        print(f"training  {len(trainer.history)} epochs; in the last one loss {loss:.4f}, {right}")
    if pruning:
        print(pruned_text(trainer.sparsifier, count, model))
    found = {} if kind == "ssl" else _accuracies(model, splits)
    meta = {
        "model": name,
        "width": start.width,
        "source": start.source,
        "trainer": kind,
        "data": options.data,
        "classes": classes,
        "input_shape": list(shape),
        "schedule": {part: getattr(trainer.schedule, part) for part in ("epochs", "rate", "batch", "decay", "shift")},
        "seed": options.seed,
        "accuracy": found,
    }
    meta |= {"shapes": start.shapes} if start.shapes else {}
    meta |= pruned_meta(trainer.sparsifier, model) if pruning else {}
    save_model(model, options.out, meta)
    if found:
        print(f"accuracy  {found['calibration']:.2%} of the calibration images, {found['test']:.2%} of the test images")
    print(f"written   {options.out}")
    return 0


def _start(options: argparse.Namespace, splits: Splits) -> FloatModel:
    """The model that training begins with: new, or of a file."""
    from t2c.trainers.base import device_of, seeded

    shape, classes = tuple(splits.train.images.shape[1:]), classes_of(splits)
    path: Path | None = getattr(options, "from")
    if path is not None:
        with naming("--from", CheckpointError, ModelError):
            found = open_float_model(path, options.model, classifies=False)
        found.check_shape(options.data, splits)
        return found
    with naming("--model", ModelError):
        source = source_digest(options.model)
    with seeded(options.seed, device_of("cpu")), _naming_model():
        model = build_model(options.model, classes=classes, width=options.width)
    check_fits(model, options.model, options.data, splits)
    return FloatModel(
        model=model,
        name=options.model,
        data=options.data,
        classes=classes,
        input_shape=shape,
        width=options.width,
        source=source,
    )


def _accuracies(model: nn.Module, splits: Splits) -> dict[str, float]:
    from t2c.accuracy import accuracy, logits_of

    parts = {"calibration": splits.calibration, "test": splits.test}
    return {name: accuracy(logits_of(model, part.images), part.labels) for name, part in parts.items()}


@contextmanager
def _naming_model() -> Iterator[None]:
    """A model that cannot be made is the fault of `--model`, or of `--width` if the message begins with that."""
    try:
        yield
    except ModelError as error:
        raise ModelError(f"--{'' if str(error).startswith('width: ') else 'model: '}{error}") from error
