"""Files that hold a training's state or a model's weights: written atomically, read without running any code.

A file is one `torch.save` of {format, version, kind, digest, content}. It is read with `weights_only=True`, so it can
hold tensors, numbers, text, lists and dictionaries, nothing else. The digest is over all of the content.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from t2c.common.atomic import atomic_file
from t2c.errors import CheckpointError

FORMAT = "torch2chip checkpoint"
VERSION = 1
"""Of the schema; a file of any other version is refused."""

MODEL, TRAINING = "model", "training"
"""Kinds of files."""


def digest(value: object) -> str:
    """SHA-256, in hex, of nested dictionaries, lists, tensors (values, shape and type) and plain values.

    >>> digest({"a": [1, 2.0]}) == digest({"a": [1, 2.0]}) != digest({"a": [1, 2]})
    True
    """
    hashed = hashlib.sha256()

    def add(item: object) -> None:
        if isinstance(item, Tensor):
            hashed.update(f"tensor {tuple(item.shape)} {item.dtype};".encode())
            if item.numel():
                hashed.update(item.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
        elif isinstance(item, Mapping):
            hashed.update(f"dict {len(item)};".encode())
            for key, entry in item.items():
                add(key)
                add(entry)
        elif isinstance(item, Sequence) and not isinstance(item, (str, bytes)):
            hashed.update(f"list {len(item)};".encode())
            for entry in item:
                add(entry)
        else:
            hashed.update(f"{type(item).__name__} {item!r};".encode())

    add(value)
    return hashed.hexdigest()


def write(path: Path, kind: str, content: Mapping[str, Any]) -> None:
    """Write a file: all of it or, if anything goes wrong, nothing; directories on the way are made, tensors are moved
    to the CPU.

    Raises:
        OSError: the file cannot be written.
    """
    whole = {"format": FORMAT, "version": VERSION, "kind": kind, "digest": digest(content), "content": _on_cpu(content)}
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_file(path, durable=True) as stream:
        torch.save(whole, stream)


def _on_cpu(value: Any) -> Any:
    """Nested dictionaries and lists with every tensor on the CPU."""
    if isinstance(value, Tensor):
        return value.cpu()
    if isinstance(value, Mapping):
        return {key: _on_cpu(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_on_cpu(entry) for entry in value)
    return value


def read(path: Path, kind: str) -> dict[str, Any]:
    """Return the content of a file, tensors on the CPU.

    Raises:
        CheckpointError: it is missing, damaged, of another version or another kind, or no checkpoint at all.
    """
    try:
        whole = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a foreign file can fail anywhere inside torch
        reason = "damaged, or no checkpoint"
        if isinstance(error, OSError) and error.strerror and error.errno != errno.EINVAL:  # a seek inside a cut file
            reason = error.strerror
        raise CheckpointError(f"{path}: {reason}") from error
    if not isinstance(whole, dict) or whole.get("format") != FORMAT:
        raise CheckpointError(f"{path}: not a checkpoint of this project")
    if whole.get("version") != VERSION:
        raise CheckpointError(f"{path}: a checkpoint of version {whole.get('version')}, not {VERSION}")
    if whole.get("kind") != kind:
        raise CheckpointError(f"{path}: holds a {whole.get('kind')}, not a {kind}")
    content = whole.get("content")
    if not isinstance(content, dict) or whole.get("digest") != digest(content):
        raise CheckpointError(f"{path}: damaged: the content does not fit its digest")
    return content


def check_state(path: Path, model: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Refuse weights that are not those of a model of this shape, before any is loaded.

    Raises:
        CheckpointError: the message names the first tensor that does not fit.
    """
    wanted = {name: (tuple(tensor.shape), tensor.dtype) for name, tensor in model.state_dict().items()}
    got = {name: (tuple(tensor.shape), tensor.dtype) for name, tensor in state.items()}
    for name in [*wanted, *got]:
        if name not in got or name not in wanted:
            where = "the file" if name not in got else "the model"
            raise CheckpointError(f"{path}: of another model: {where} has no {name!r}")
        if wanted[name] != got[name]:
            raise CheckpointError(
                f"{path}: of another model: {name!r} is {_text(got[name])}, not {_text(wanted[name])}"
            )


def _text(kind: tuple[tuple[int, ...], torch.dtype]) -> str:
    return f"{kind[0]} {str(kind[1]).removeprefix('torch.')}"


def save_model(model: nn.Module, path: str | os.PathLike[str], meta: Mapping[str, Any] | None = None) -> None:
    """Write the weights of a model; meta: plain values that tell how to build it, for `load_model`.

    Raises:
        OSError: the file cannot be written.
    """
    state = {name: tensor.detach() for name, tensor in model.state_dict().items()}
    write(Path(path), MODEL, {"meta": dict(meta or {}), "state": state})


def read_meta(path: str | os.PathLike[str]) -> dict[str, Any]:
    """What `save_model` was told.

    Raises:
        CheckpointError: as `read`, or it is not what `save_model` writes.
    """
    return _read_model(Path(path))[0]


def _read_model(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Meta and weights."""
    content = read(path, MODEL)
    for name in ("meta", "state"):
        if not isinstance(content.get(name), dict):
            raise CheckpointError(f"{path}: not the file of a model: it has no {name}")
    for name, tensor in content["state"].items():
        if not isinstance(tensor, Tensor):
            raise CheckpointError(f"{path}: not the file of a model: {name!r} is no tensor")
    return content["meta"], content["state"]


def load_model(
    path: str | os.PathLike[str], build: Callable[[dict[str, Any]], nn.Module]
) -> tuple[nn.Module, dict[str, Any]]:
    """Return the model with its weights, in eval mode on the CPU, and its meta.

    Args:
        path: what `save_model` wrote.
        build: makes the model without its weights, from the meta.

    Raises:
        CheckpointError: as `read_meta`, or the weights are not those of what `build` made.
    """
    meta, state = _read_model(Path(path))
    model = build(meta).cpu()
    check_state(Path(path), model, state)
    model.load_state_dict(state)
    return model.eval(), meta
