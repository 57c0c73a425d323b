"""What `t2c train` and `t2c quantize` share: options, checks before the work, the file of a float model.

Nothing here loads torch before it is called.
"""

from __future__ import annotations

import argparse
import math
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from t2c.commands.values import at_least
from t2c.errors import CheckpointError, ModelError
from t2c.golden.errors import RangeError, ShapeError

if TYPE_CHECKING:
    from torch import nn

    from t2c.data.split import Splits

DATA = (
    "digits, digits32, glyphs, runes, jets, cifar10:DIRECTORY, cifar100:DIRECTORY, folder:DIRECTORY, "
    "or images:DIRECTORY without labels"
)


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
    """Refuse a device or files that cannot be, before any work.

    Raises:
        ValueError: an unknown device, or one that this machine does not have.
        OSError: `--out` or `--checkpoint` cannot be written.
        CheckpointError: the checkpoint is a directory, or inside what `--out` writes.
    """
    from t2c.trainers.base import device_of

    with naming("--device", ValueError):
        device_of(options.device)
    check_place("--out", options.out)
    checkpoint: Path | None = options.checkpoint
    if checkpoint is None:
        return
    check_place("--checkpoint", checkpoint)
    if checkpoint.is_dir():
        raise CheckpointError(f"--checkpoint: {checkpoint}: is a directory")
    out, state = options.out.resolve(), checkpoint.resolve()
    if out == state or out in state.parents:
        raise CheckpointError(f"--checkpoint: {checkpoint}: is inside what --out writes; name another file")


def check_place(option: str, path: Path) -> None:
    """Prove, with a file that is gone again, that something can be put at a path; folders on the way may be missing.

    Raises:
        OSError: the message names the option and says why not.
    """
    folder = path.absolute().parent
    while not os.path.lexists(folder):
        folder = folder.parent
    reason = "is not a directory"
    if folder.is_dir():
        try:
            path.exists()  # a name that is too long is an error
            with tempfile.TemporaryFile(dir=folder):
                return
        except OSError as error:
            reason = f"cannot be written in: {error.strerror or error}"
    raise OSError(f"{option}: {path}: {folder} {reason}")


def classes_of(splits: Splits) -> int:
    """Number of classes: the largest label and one; 1 of images without labels."""
    parts = (splits.train, splits.calibration, splits.test)
    return max(1, 1 + max(int(part.labels.max()) for part in parts if len(part)))


def load_data(options: argparse.Namespace, user: str = "quantisation") -> Splits:
    """The data set of the options; errors as `load_set`.

    Args:
        options: of `add_data`.
        user: who needs it: unless that is "ssl", with labels, and with images to calibrate and to test.
    """
    from t2c.data.sets import Wishes, load_set
    from t2c.data.split import check_labelled

    with naming("--data", RangeError, FileNotFoundError, without="data = "):
        splits = load_set(options.data, Wishes(limit=options.limit, size=options.size))
        if user == "ssl":
            return splits
        check_labelled(splits.train, f"{options.data}: training", user)
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

    model: the network; name: as `--model` has it; data: what it was trained with; classes, input_shape: of that;
    pruned: whether it was pruned; width, source: as its training was told; shapes: of its weights, if channels went.
    """

    model: nn.Module
    name: str
    data: str
    classes: int
    input_shape: tuple[int, ...]
    pruned: bool = False
    width: int | float | None = None
    source: str | None = None
    shapes: dict[str, list[int]] | None = None

    def check_shape(self, data: str, splits: Splits) -> None:
        """Refuse images of another shape; raise ModelError that names `--data`."""
        shape, wanted = tuple(splits.train.images.shape[1:]), shape_text(self.input_shape)
        if shape != self.input_shape:
            raise ModelError(
                f"--data: {data} has images of {shape_text(shape)}; {self.name} was trained on {self.data}, {wanted}"
            )

    def check_data(self, data: str, splits: Splits, *, limited: bool) -> None:
        """Refuse images of another shape or with other classes; raise ModelError that names `--data`."""
        self.check_shape(data, splits)
        classes, wanted = classes_of(splits), f"{self.name} was trained on {self.data}"
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


def _natural(value: object) -> bool:
    return type(value) is int and value > 0


_META: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "model": ("a name", lambda value: isinstance(value, str)),
    "width": (
        "a positive number or nothing",
        lambda value: value is None or (type(value) in (int, float) and 0 < value < math.inf),
    ),
    "source": ("a digest or nothing", lambda value: value is None or isinstance(value, str)),
    "data": ("a name", lambda value: isinstance(value, str)),
    "classes": ("a positive integer", _natural),
    "input_shape": (
        "a list of positive integers",
        lambda value: isinstance(value, list) and bool(value) and all(map(_natural, value)),
    ),
}
"""What the file of a float model says, and how it is told from nonsense."""


def _check_meta(path: Path, meta: dict[str, Any]) -> None:
    """Refuse what `t2c train` does not write; raise CheckpointError."""
    from t2c.models.zoo import check_name

    for key, (wanted, fits) in _META.items():
        if key not in meta:
            raise CheckpointError(f"{path}: not a model of t2c train: no {key!r}")
        if not fits(meta[key]):
            raise CheckpointError(f"{path}: not a model of t2c train: {key} = {meta[key]!r} is not {wanted}")
    try:
        check_name(meta["model"])
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error


def _checked_shapes(path: Path, shapes: object) -> dict[str, list[int]]:
    """What the file says of layers that were made smaller; raise CheckpointError if it is nonsense."""
    if isinstance(shapes, dict) and all(isinstance(s, list) and all(map(_natural, s)) for s in shapes.values() if s):
        return shapes
    raise CheckpointError(f"{path}: not a model of t2c train: shapes are not lists of positive integers")


def open_float_model(path: Path, name: str | None, *, classifies: bool = True) -> FloatModel:
    """Read what `t2c train` wrote.

    A file names its model but chooses no code: an own model is made only if its source is that of the training, or if
    the caller names it.

    Args:
        path: the file.
        name: of the model as the caller knows it; None trusts the file.
        classifies: whether its classifier must have been trained.

    Raises:
        CheckpointError: the file is missing, damaged, of another kind or of another model, or of one that was only
            pre-trained.
        ModelError: the model cannot be made, or its source has changed.
    """
    from t2c.checkpoint import load_model
    from t2c.models.zoo import MODELS, build_model, source_digest
    from t2c.shrinking import resize

    found: list[FloatModel] = []

    def build(meta: dict[str, Any]) -> nn.Module:
        _check_meta(path, meta)
        if classifies and meta.get("trainer") == "ssl":
            raise CheckpointError(
                f"{path}: pre-trained without labels, its last layer never: t2c train --trainer transfer --from {path}"
            )
        there, width, digest, data = (meta[key] for key in ("model", "width", "source", "data"))
        classes, shape = meta["classes"], tuple(meta["input_shape"])
        if name is not None and name != there and (name in MODELS or there in MODELS):
            raise ModelError(f"--model: {path} holds {there}, not {name}")
        if name is None and source_digest(there) != digest:
            raise ModelError(f"{path}: {there} has changed since it was trained; to use it as it is: --model {there}")
        try:
            model = build_model(name or there, classes=classes, width=width)
        except ModelError as error:
            raise ModelError(f"{path}: {error}") from error
        shapes = _checked_shapes(path, meta["shapes"]) if "shapes" in meta else None
        if shapes is not None:
            with naming(f"{path}: of another model", ShapeError):
                resize(model, shapes)
        kept = {"pruned": bool(meta.get("zeros")), "width": width, "source": digest, "shapes": shapes}
        found.append(FloatModel(model=model, name=there, data=data, classes=classes, input_shape=shape, **kept))
        return model

    load_model(path, build)
    return found[0]
