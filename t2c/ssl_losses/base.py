"""What a loss without labels is: a number for the embeddings of two views of the same images."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from t2c.common.errors import UserError
from t2c.common.own_python import find_python, line_of
from t2c.common.registry import Registry
from t2c.golden.errors import ShapeError

SSL_LOSSES: Registry[Callable[..., Any]] = Registry("a loss without labels", "t2c.ssl_losses")
"""`@SSL_LOSSES("name")` registers a function, or a class whose instances are called, under a name."""

TAKES = "(z1, z2) or (q1, q2, k1, k2)"
"""What a loss is called with: embeddings (N, D), row i of all of them of image i.

z1, z2: of the first and the second view, by the one encoder.
q1, q2: of the first view by the encoder, and of the second by the slimmed encoder, which has a part of its weights.
k1, k2: the roles swapped, without gradient: of the first view by the slimmed encoder, of the second by the whole one.
"""


@dataclass(frozen=True, kw_only=True)
class LabelFreeLoss:
    """A loss as a trainer uses it.

    call: what the user or a file of ours wrote; slims: whether it takes (q1, q2, k1, k2); identity: text that differs
    where the loss does, for checkpoints; path: of the user's own file, None for a loss by name or from Python.
    """

    call: Callable[..., Any]
    slims: bool
    identity: str
    path: Path | None = None

    def __call__(self, *embeddings: Tensor) -> Tensor:
        """The loss of a batch, one number.

        Raises:
            ShapeError: it is no tensor of one real number that has a gradient; the message names the loss.
            UserError: a loss from a file fails; the message names file and line.
        """
        if self.path is None:
            value = self.call(*embeddings)
        else:
            try:
                value = self.call(*embeddings)
            except Exception as error:  # the user's own code may fail in any way
                where = f"{self.path}: {line_of(error, self.path)}"
                raise UserError(f"{where}{type(error).__name__}: {error}".replace("\n", " ")) from error
        if not isinstance(value, Tensor) or value.numel() != 1 or not value.is_floating_point():
            kind = f"{tuple(value.shape)} {value.dtype}" if isinstance(value, Tensor) else type(value).__name__
            raise ShapeError(f"{title(self.call)}: the loss is {kind}, not a tensor of one real number")
        if not value.requires_grad:
            raise ShapeError(f"{title(self.call)}: the loss has no gradient; is it computed from what it is given?")
        return value.reshape(())


def title(call: object) -> str:
    """What a function or an object is called: the name of the function, or of the object's class."""
    return str(getattr(call, "__qualname__", type(call).__qualname__))


def _arguments(call: Callable[..., Any]) -> int | None:
    """How many values a call needs by position; None if it needs others besides, or nobody knows."""
    try:
        parameters = inspect.signature(call).parameters.values()
    except (TypeError, ValueError):
        return None
    needed = [one.kind for one in parameters if one.default is one.empty]
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return None if inspect.Parameter.KEYWORD_ONLY in needed else sum(kind in positional for kind in needed)


def ssl_loss_of(loss: Callable[..., Any], *, path: Path | None = None, digest: str = "") -> LabelFreeLoss:
    """A loss from a function, an object that is called, or a class, of which one is made without arguments.

    Args:
        loss: takes (z1, z2) or (q1, q2, k1, k2), and gives a tensor of one number; further arguments have defaults.
        path, digest: of the file that it is from, if it is from the user's own.

    Raises:
        UserError: it takes something else, or the class cannot be made.
    """
    where = f"{path}:{title(loss)}" if path else title(loss)
    if isinstance(loss, type):
        try:
            loss = loss()
        except Exception as error:  # the user's own code
            raise UserError(f"{where}: {type(error).__name__}: {error}") from error
    count = _arguments(loss) if callable(loss) else None
    if count not in (2, 4):
        raise UserError(f"{where}: a loss takes {TAKES}")
    settings = " ".join(f"{name}={value!r}" for name, value in sorted(getattr(loss, "__dict__", {}).items()))
    module = "" if path else getattr(loss, "__module__", type(loss).__module__)
    identity = f"{module}.{title(loss)} {settings} {digest}".strip(". ")
    return LabelFreeLoss(call=loss, slims=count == 4, identity=identity, path=path)


def find_ssl_loss(name: str) -> LabelFreeLoss:
    """A loss by name: one that is registered, or FILE.py:NAME of the user's own.

    Raises:
        LookupError: there is none; the message lists the names.
        UserError: the file, or what it holds under that name, is no loss.
    """
    if ":" in name:
        found = find_python(name)
        return ssl_loss_of(found.call, path=found.path, digest=found.digest)
    loss = SSL_LOSSES.find(name)
    if loss is None:
        raise LookupError(f"no loss {name!r}; there are {', '.join(SSL_LOSSES.names())} and FILE.py:NAME")
    return ssl_loss_of(loss)
