"""PAD of a map's height and width with its zero point: taken by the convolutions after it as their own padding."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from t2c.golden.arithmetic.window import MAX_EXTENT
from t2c.importing.errors import RefusedError
from t2c.importing.proof import Exactness, Grade
from t2c.importing.tflite.conversion import OPERATORS, Conversion
from t2c.importing.tflite.same_reading import require_same_reading
from t2c.importing.tflite.schema import TfliteOperator


@OPERATORS("PAD")
def pad(conversion: Conversion, op: TfliteOperator) -> None:
    """The package has no tensor for the result; what else than a convolution reads it is refused."""
    given, placed = conversion.map_source(op, padded=True)
    if len(op.inputs) != 2:
        raise RefusedError([f"{op.label}: {len(op.inputs)} inputs; a map and its paddings are wanted"])
    wanted = conversion.model.tensors[op.inputs[1]]
    amounts = conversion.constant(op, op.inputs[1], "INT64" if wanted.type == "INT64" else "INT32")
    if amounts.shape != (4, 2) or amounts[[0, 3]].any() or amounts.min() < 0 or amounts.max() > MAX_EXTENT:
        raise RefusedError(
            [f"{op.label}: {wanted.label} pads by {amounts.tolist()}; height and width alone are padded"]
        )
    sides = tuple(int(n) for n in np.array(placed.pads) + amounts[1:3].reshape(-1))
    if max(sides) > MAX_EXTENT:
        raise RefusedError([f"{op.label}: {wanted.label}: a padding of {max(sides)} is above {MAX_EXTENT}"])
    _, height, width, channels = given.shape
    size = (height + int(amounts[1].sum()), width + int(amounts[2].sum()))
    output = conversion.target(op, (1, *size, channels))
    require_same_reading(op, given, output)
    top, bottom, left, right = sides
    conversion.placed[output.index] = replace(placed, pads=(top, bottom, left, right))
    conversion.report(op, "", Exactness(grade=Grade.PADDING))
