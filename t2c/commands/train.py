"""`t2c train`: train a float model and write it to a file, for `t2c quantize`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from t2c.commands.pruning import add_pruning, chosen_pruner, naming_pruning, pruned_meta, pruned_text
from t2c.commands.training import (
    add_data,
    add_run,
    check_fits,
    check_model_file,
    check_run,
    classes_of,
    load_data,
    naming,
    shape_text,
)
from t2c.commands.values import at_least, number
from t2c.errors import CheckpointError, ModelError
from t2c.models.zoo import MODELS, OWN, build_model, check_name, source_digest

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
    parser.add_argument("--model", type=model_name, required=True, help=f"{', '.join(MODELS)}; {OWN}")
    widths = ", ".join(f"{known.width} for {name}" for name, known in MODELS.items())
    parser.add_argument("--width", type=width, help=f"channels of the first layers, or a factor ({widths})")
    add_data(parser)
    parser.add_argument("--epochs", type=at_least(0), default=10, help="times through the images (%(default)s)")
    parser.add_argument("--rate", type=number(zero=False), default=4e-3, help="peak learning rate (%(default)s)")
    parser.add_argument("--batch", type=at_least(1), default=64, help="images a step (%(default)s)")
    parser.add_argument("--decay", type=number(zero=True), default=1e-4, help="weight decay (%(default)s)")
    parser.add_argument(
        "--shift", type=at_least(0), default=1, help="move images at random by up to so many pixels (%(default)s)"
    )
    add_pruning(parser)
    add_run(parser)
    parser.add_argument("--out", type=Path, required=True, help="file to write the model to, such as net.pt")


def execute(options: argparse.Namespace) -> int:
    """Train, evaluate, write, print; return 0."""
    from t2c.accuracy import accuracy, logits_of
    from t2c.checkpoint import save_model
    from t2c.trainers import TRAINER
    from t2c.trainers.base import device_of, seeded

    pruning = chosen_pruner(options)
    check_run(options)
    check_model_file(options.out)
    with naming("--model", ModelError):
        source = source_digest(options.model)
    splits = load_data(options)
    classes = classes_of(splits)
    with seeded(options.seed, device_of("cpu")), _naming_model():
        model = build_model(options.model, classes=classes, width=options.width)
    check_fits(model, options.model, options.data, splits)

    schedule = {name: getattr(options, name) for name in ("epochs", "rate", "batch", "decay", "shift")}
    run = {"seed": options.seed, "device": options.device, "checkpoint": options.checkpoint, "title": options.model}
    with naming_pruning():
        trainer: Any = TRAINER["supervised"](model, splits, **schedule, **pruning, **run)
    shape = tuple(splits.train.images.shape[1:])
    count = sum(parameter.numel() for parameter in model.parameters())
    print(f"model     {options.model}, {count:,} parameters")
    print(
        f"data      {options.data}: {len(splits.train):,} images of {shape_text(shape)}, {classes} classes", flush=True
    )
    with naming("--checkpoint", CheckpointError):
        trainer.fit()
    if trainer.history:
        loss, share = trainer.history[-1]
        print(f"training  {len(trainer.history)} epochs; in the last one loss {loss:.4f}, accuracy {share:.2%}")
    if pruning:
        print(pruned_text(trainer.sparsifier, count, model))
    parts = {"calibration": splits.calibration, "test": splits.test}
    found = {name: accuracy(logits_of(model, part.images), part.labels) for name, part in parts.items()}
    meta = {
        "model": options.model,
        "width": options.width,
        "source": source,
        "data": options.data,
        "classes": classes,
        "input_shape": list(shape),
        "schedule": schedule,
        "seed": options.seed,
        "accuracy": found,
    } | (pruned_meta(trainer.sparsifier, model) if pruning else {})
    save_model(model, options.out, meta)
    print(f"accuracy  {found['calibration']:.2%} of the calibration images, {found['test']:.2%} of the test images")
    print(f"written   {options.out}")
    return 0


@contextmanager
def _naming_model() -> Iterator[None]:
    """A model that cannot be made is the fault of `--model`, or of `--width` if the message begins with that."""
    try:
        yield
    except ModelError as error:
        raise ModelError(f"--{'' if str(error).startswith('width: ') else 'model: '}{error}") from error
