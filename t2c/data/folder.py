"""Image folders in the shape of ImageNet: root/{train,val}/<class>/*.jpg or *.png, read with Pillow.

Every image gets the usual evaluation transform: to RGB, shorter side to `resize` (bilinear with antialiasing), centre
crop of `size` x `size`, then 0..255 to 0..1. There is no augmentation and no normalisation; a model that wants its
input normalised does that in its first layer.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from t2c.data.cut import cut
from t2c.data.split import UNLABELLED, Split, Splits
from t2c.golden.errors import RangeError
from t2c.progress import progress

if TYPE_CHECKING:
    from PIL import Image

SUFFIXES = {".jpg", ".jpeg", ".png"}
SIZE = 224
RATIO = 256 / 224
"""Shorter side before the crop, as a multiple of the crop."""

SEED = 20261
MEMORY = 4 << 30
"""Bytes of decoded images above which `load` refuses unless told otherwise."""

Pixels = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Images of a folder that were found, not yet read. paths, labels: in the same order; the label counts classes."""

    paths: Sequence[Path]
    labels: Sequence[int]

    def __len__(self) -> int:
        return len(self.paths)

    def part(self, indices: npt.NDArray[np.int64]) -> Listing:
        """Those images, in that order."""
        return Listing(paths=[self.paths[i] for i in indices], labels=[self.labels[i] for i in indices])


def class_names(folder: Path) -> list[str]:
    """Names of the subfolders, sorted: the class of label 0 first. Names that start with a dot do not count.

    Raises:
        FileNotFoundError: no such folder.
        RangeError: it has no subfolders.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no such folder; images lie in root/train/<class> and root/val/<class>")
    names = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not names:
        raise RangeError(f"{folder}: it holds no class folders")
    return names


def list_images(
    folder: Path, classes: Sequence[str], *, per_class: int | None = None, limit: int | None = None
) -> Listing:
    """Find the images of each class, nothing is opened; files of other types are passed over.

    Args:
        folder: root/train or root/val.
        classes: names of its subfolders in the order of their labels.
        per_class: take no more of a class than this, the first by name; all if None.
        limit: take no more in all, the first of each class, then the second of each, and so on; all if None.

    Raises:
        RangeError: a class without images, or a limit below 1.
    """
    for name, value in (("per_class", per_class), ("limit", limit)):
        if value is not None and value < 1:
            raise RangeError(f"{name} = {value} is below 1")
    columns: list[list[tuple[Path, int]]] = []
    for label, name in enumerate(classes):
        found = sorted(p for p in (folder / name).iterdir() if p.suffix.lower() in SUFFIXES and p.name[0] != ".")
        if not found:
            raise RangeError(f"{folder / name}: the class has no images ({', '.join(sorted(SUFFIXES))})")
        columns.append([(path, label) for path in found[:per_class]])
    turns = [pair for turn in zip_longest(*columns) for pair in turn if pair is not None][:limit]
    return Listing(paths=[path for path, _ in turns], labels=[label for _, label in turns])


def transform(image: Image.Image, size: int, resize: int) -> Pixels:
    """Shorter side to `resize`, centre crop of `size`.

    Args:
        image: in mode RGB, any size.
        size, resize: pixels, size <= resize.

    Returns:
        (3, size, size) float32, multiples of 1/255 in 0..1.
    """
    from PIL import Image

    width, height = image.size
    if width <= height:
        width, height = resize, int(resize * height / width)
    else:
        width, height = int(resize * width / height), resize
    left, top = round((width - size) / 2), round((height - size) / 2)
    resized = image if image.size == (width, height) else image.resize((width, height), Image.Resampling.BILINEAR)
    pixels = np.asarray(resized.crop((left, top, left + size, top + size)), dtype=np.float32)
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)) / np.float32(255)


def read_image(path: Path, size: int, resize: int) -> Pixels:
    """Decode one file and transform it.

    Raises:
        ModuleNotFoundError: Pillow is not installed.
        ValueError: the file cannot be decoded; the message names it.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            return transform(image.convert("RGB"), size, resize)
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        reason = "no image format that Pillow knows" if isinstance(error, UnidentifiedImageError) else error
        raise ValueError(f"{path}: the image cannot be decoded: {reason}") from error


def read(listing: Listing, size: int, resize: int, title: str) -> Split:
    """Decode and transform every image of a listing; errors as `read_image`."""
    images = np.empty((len(listing), 3, size, size), np.float32)
    for index, path in enumerate(progress(listing.paths, title)):
        images[index] = read_image(path, size, resize)
    return Split(images=torch.from_numpy(images), labels=torch.tensor(listing.labels, dtype=torch.int64))


def _check_room(source: Path, images: int, size: int, memory: int) -> None:
    need = images * 3 * size * size * 4
    if need > memory:
        count = f"{images} images of {size} x {size}"
        raise RangeError(f"{source}: {count} take {need >> 20} MiB, more than {memory >> 20} MiB; set a limit")


def load_unlabelled(
    root: str | os.PathLike[str], *, size: int = SIZE, limit: int | None = None, memory: int = MEMORY
) -> Splits:
    """Read the images that lie in a folder itself, in the order of their names: all to train with, without labels.

    Args:
        root: the folder; what is in folders below is not read.
        size, memory: as `load`.
        limit: read no more than this; all if None.

    Raises:
        FileNotFoundError: no such folder.
        RangeError: no images in it, or more than fit the memory.
        others: as `load`.
    """
    source = Path(root)
    if not source.is_dir():
        raise FileNotFoundError(f"{source}: no such folder")
    found = sorted(p for p in source.iterdir() if p.suffix.lower() in SUFFIXES and p.name[0] != ".")[:limit]
    if not found:
        raise RangeError(f"{source}: it holds no images ({', '.join(sorted(SUFFIXES))})")
    _check_room(source, len(found), size, memory)
    listing = Listing(paths=found, labels=[UNLABELLED] * len(found))
    images = read(listing, size, round(size * RATIO), "images")
    return Splits(train=images, calibration=images.head(0), test=images.head(0))


def load(
    root: str | os.PathLike[str],
    *,
    size: int = SIZE,
    resize: int | None = None,
    calibration: int | None = None,
    seed: int = SEED,
    per_class: int | None = None,
    limit: int | None = None,
    memory: int = MEMORY,
) -> Splits:
    """Read root/train and root/val; the classes are the subfolders of train, in the order of their names.

    Args:
        root: the folder above.
        size: height and width of the images.
        resize: shorter side before the crop; size * 256 / 224 if None.
        calibration: images cut from train, chosen by the seed; a tenth if None.
        seed: of that choice.
        per_class: read no more of each class in each folder, the first by name.
        limit: read no more in each folder, evenly over the classes.
        memory: bytes that the images may take once decoded.

    Returns:
        Images (N, 3, size, size) float32 in 0..1, labels (N,) int64; `test` is root/val. Classes take turns.

    Raises:
        ModuleNotFoundError: Pillow is not installed.
        FileNotFoundError: a folder is missing.
        RangeError: an empty class, other classes in val than in train, sizes or limits that make no sense, or more
            images than fit the memory; nothing has been decoded then.
        ValueError: an image cannot be decoded; the message names the file.
    """
    source = Path(root)
    shorter = round(size * RATIO) if resize is None else resize
    if not 1 <= size <= shorter:
        raise RangeError(f"size = {size} is outside 1..{shorter}, the shorter side before the crop")
    classes, others = class_names(source / "train"), class_names(source / "val")
    for name in sorted(set(classes) ^ set(others)):
        missing = source / ("val" if name in classes else "train") / name
        raise RangeError(f"{missing}: no such folder; train and val must have the same classes")
    train = list_images(source / "train", classes, per_class=per_class, limit=limit)
    test = list_images(source / "val", classes, per_class=per_class, limit=limit)
    _check_room(source, len(train) + len(test), size, memory)
    wanted = max(1, len(train) // 10) if calibration is None else calibration
    kept, held = cut(len(train), wanted, seed, str(source / "train"))
    return Splits(
        train=read(train.part(kept), size, shorter, "train"),
        calibration=read(train.part(held), size, shorter, "calibration"),
        test=read(test, size, shorter, "val"),
    )
