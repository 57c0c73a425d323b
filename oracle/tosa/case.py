"""One generated conformance test: an operator with its attributes and inputs, and what the reference model gives."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntFormat

Ints = npt.NDArray[Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class TosaCase:
    """A test. inputs: as TOSA lays them out, in the order of its specification; types: TOSA's, such as INT48."""

    name: str
    operator: str
    attributes: dict[str, Any]
    inputs: tuple[Ints, ...]
    types: tuple[str, ...]
    output: Ints
    output_type: str

    def one(self, index: int) -> int:
        """An input of a single element, such as a zero point."""
        return int(self.inputs[index].item())


def bits(kind: str) -> int:
    """Of a type of TOSA.

    >>> bits("INT48")
    48
    """
    return int(kind.removeprefix("INT"))


def integer_format(kind: str, *, unsigned: bool = False) -> IntFormat:
    """The format of a type of TOSA, all of which are signed but where an attribute says otherwise."""
    return IntFormat(bits=bits(kind), signed=not unsigned)


def read_case(path: Path) -> TosaCase:
    """Read a file of `conformance.py`."""
    with np.load(path, allow_pickle=False) as held:
        about = json.loads(str(held["about"]))
        inputs = tuple(held[f"input{i}"] for i in range(len(about["types"])))
        output = held["output"]
    return TosaCase(
        name=path.stem,
        operator=about["operator"],
        attributes=about["attributes"],
        inputs=inputs,
        types=tuple(about["types"]),
        output=output,
        output_type=about["output_type"],
    )


def channels_first(x: Ints) -> Ints:
    """(N, H, W, C) as golden has it: (N, C, H, W)."""
    return x.transpose(0, 3, 1, 2)


def channels_last(x: Ints) -> Ints:
    """(N, C, H, W) as TOSA has it: (N, H, W, C)."""
    return x.transpose(0, 2, 3, 1)
