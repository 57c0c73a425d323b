"""The inputs that an imported package ships with: a user's, or random ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from t2c.common.reading import NoPlainFileError, read_plain
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.errors import PackageError
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.importing.source_tensor import SourceTensor

LARGEST_SAMPLES = 1 << 30


def random_samples(edge: TensorSpec, images: int, seed: int) -> IntArray:
    """Uniform integers of the edge's format, (images, *shape)."""
    generator = np.random.default_rng(seed)
    return generator.integers(edge.format.lo, edge.format.hi, (images, *edge.shape), np.int64, endpoint=True)


def read_samples(path: Path, edge: TensorSpec, tensor: SourceTensor) -> IntArray:
    """Read inputs in the source's own order into the edge's shape.

    Args:
        path: a .npy file of integers, (N, ...) with as many elements a sample as the input has.
        edge: the network's input.
        tensor: the same in the source.

    Raises:
        PackageError: no such file, floats, objects, another size, or values outside the input's format.
    """
    try:
        read_plain(path, LARGEST_SAMPLES)
        with path.open("rb") as stream:
            values = np.lib.format.read_array(stream, allow_pickle=False)
    except NoPlainFileError as error:
        raise PackageError(f"{path}: {error.strerror}") from error
    except (ValueError, EOFError, SyntaxError, TypeError, MemoryError) as error:
        raise PackageError(f"{path}: no array of integers: {error}") from error
    count = tensor.order.size
    if values.dtype.kind not in "iu" or values.ndim < 2 or not len(values) or values[0].size != count:
        raise PackageError(
            f"{path}: {values.dtype} of shape {values.shape}; (N, ...) integers of {count} each are wanted"
        )
    placed = np.empty((len(values), count), np.int64)
    placed[:, tensor.order] = values.reshape(len(values), count)
    lo, hi = edge.format.lo, edge.format.hi
    if placed.min() < lo or placed.max() > hi:
        raise PackageError(f"{path}: values {placed.min()}..{placed.max()} are outside the input's {lo}..{hi}")
    return placed.reshape(len(values), *edge.shape)
