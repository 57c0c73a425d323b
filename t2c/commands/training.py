"""What `t2c train` and `t2c quantize` share: options, checks before the work, the file of a float model.

Nothing here loads torch before it is called.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden.errors import RangeError
from t2c.commands.values import at_least
from t2c.errors import CheckpointError, ModelError

if TYPE_CHECKING:
    from torch import nn

    from t2c.data.split import Splits

DATA = "digits, glyphs, cifar10:DIRECTORY or folder:DIRECTORY"


def add_data(parser: argparse.ArgumentParser) -> None:
    """Options that name and cut a data set."""
    parser.add_argument("--data", required=True, help=DATA)
    parser.add_argument("--limit", type=at_least(2), help="take no more training and no more test images than this")
    parser.add_argument("--size", type=at_least(1), help="height and width of the images of a folder (224)")


def add_run(parser: argparse.ArgumentParser) -> None:
    """Options of every training."""
    parser.add_argument("--seed", type=at_least(0), default=0, help="of every random choice (%(default)s)")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (%(default)s)")
    parser.add_argument(
        "--checkpoint", type=Path, help="file of the training's state: continue from it if it is there, and keep it"
    )


@contextmanager
def naming(option: str, *kinds: type[Exception], without: str = "") -> Iterator[None]:
    """Inside, the message of an exception of these kinds gets the option's name in front, and loses `without`."""
    try:
        yield
    except kinds as error:
        text = str(error.args[0] if isinstance(error, LookupError) and error.args else error).removeprefix(without)
        raise type(error)(f"{option}: {text}") from error


def check_run(options: argparse.Namespace) -> None:
    """Refuse a device or files that cannot be, before any work."""
    from t2c.trainers.base import device_of

    with naming("--device", ValueError):
        device_of(options.device)
    checkpoint: Path | None = options.checkpoint
    if checkpoint is None:
        return
    if checkpoint.is_dir():
        raise CheckpointError(f"--checkpoint: {checkpoint}: is a directory")
    out, state = options.out.resolve(), checkpoint.resolve()
    if out == state or out in state.parents:
        raise CheckpointError(f"--checkpoint: {checkpoint}: is inside what --out writes; name another file")


def classes_of(splits: Splits) -> int:
    """Number of classes: the largest label and one."""
    parts = (splits.train, splits.calibration, splits.test)
    return 1 + max(int(part.labels.max()) for part in parts if len(part))


def load_data(options: argparse.Namespace) -> Splits:
    """The data set of the options, with images to calibrate and to test; errors as `load_set`."""
    from t2c.data.sets import Wishes, load_set

    with naming("--data", RangeError, FileNotFoundError, without="data = "):
        splits = load_set(options.data, Wishes(limit=options.limit, size=options.size))
    for name in ("train", "calibration", "test"):
        if not len(getattr(splits, name)):
            raise RangeError(f"--data: {options.data} has no {name} images")
    return splits


def shape_text(shape: Sequence[int]) -> str:
    """Such as 3x32x32."""
    return "x".join(map(str, shape))


@dataclass(frozen=True, kw_only=True)
class FloatModel:
    """A float model and what its file says of it.

    model: the network; name: as `--model` has it; data: what it was trained with; classes, input_shape: of that.
    """

    model: nn.Module
    name: str
    data: str
    classes: int
    input_shape: tuple[int, ...]

    def check_data(self, data: str, splits: Splits, *, limited: bool) -> None:
        """Refuse images of another shape or with other classes; raise ModelError that names `--data`."""
        shape, classes = tuple(splits.train.images.shape[1:]), classes_of(splits)
        wanted = f"{self.name} was trained on {self.data}"
        if shape != self.input_shape:
            raise ModelError(
                f"--data: {data} has images of {shape_text(shape)}; {wanted}, {shape_text(self.input_shape)}"
            )
        if classes > self.classes or (classes < self.classes and not limited):
            raise ModelError(f"--data: {data} has {classes} classes; {wanted}, {self.classes} classes")


def check_fits(model: nn.Module, name: str, data: str, splits: Splits) -> None:
    """Run one image; raise ModelError, which names `--data`, unless one row of logits comes out."""
    import torch

    example, classes = splits.train.images[:1], classes_of(splits)
    images = f"--data: images of {shape_text(example.shape[1:])} from {data}"
    try:
        with torch.no_grad():
            logits = model.eval()(example)
    except Exception as error:  # somebody's model may fail in any way
        raise ModelError(f"{images} do not fit {name}: {error}") from error
    shape = tuple(getattr(logits, "shape", ()))
    if shape != (1, classes):
        raise ModelError(f"{images}: {name} gives {shape or type(logits).__name__}, not (1, {classes} classes)")


def check_model_file(out: Path) -> None:
    """Refuse to put a model over something else; raise CheckpointError that names `--out`."""
    from t2c.checkpoint import read_meta

    if out.is_dir():
        raise CheckpointError(f"--out: {out}: is a directory")
    if out.exists():
        try:
            read_meta(out)
        except CheckpointError as error:
            raise CheckpointError(f"--out: {error}; not overwritten") from error


def open_float_model(path: Path, name: str | None) -> FloatModel:
    """Read what `t2c train` wrote.

    A file names its model but chooses no code: an own model is made only if its source is that of the training, or if
    the caller names it.

    Args:
        path: the file.
        name: of the model as the caller knows it; None trusts the file.

    Raises:
        CheckpointError: the file is missing, damaged, of another kind or of another model.
        ModelError: the model cannot be made, or its source has changed.
    """
    from t2c.checkpoint import load_model
    from t2c.models.zoo import MODELS, build_model, source_digest

    found: list[FloatModel] = []

    def build(meta: dict[str, Any]) -> nn.Module:
        try:
            there, width, digest = str(meta["model"]), meta["width"], meta["source"]
            data, classes, shape = str(meta["data"]), int(meta["classes"]), tuple(map(int, meta["input_shape"]))
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"{path}: not a model of t2c train: no {error}") from error
        if name is not None and name != there and (name in MODELS or there in MODELS):
            raise ModelError(f"--model: {path} holds {there}, not {name}")
        if name is None and source_digest(there) != digest:
            raise ModelError(f"{path}: {there} has changed since it was trained; to use it as it is: --model {there}")
        model = build_model(name or there, classes=classes, width=width)
        found.append(FloatModel(model=model, name=there, data=data, classes=classes, input_shape=shape))
        return model

    load_model(path, build)
    return found[0]
