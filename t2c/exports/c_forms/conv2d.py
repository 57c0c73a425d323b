"""conv2d in C."""

from __future__ import annotations

import numpy as np

from t2c.exports.c_builder import CBuilder, accumulator, c_form, centred
from t2c.golden.nodes.conv2d import Conv2d


@c_form("conv2d")
def write_conv2d(node: Conv2d, builder: CBuilder) -> str:
    """A row of accumulators, tap by tap: of each tap, the outputs that it meets inside the image lie side by side."""
    (_, height, width), (channels, rows, columns) = builder.edge(node, 0).shape, builder.output(node).shape
    window, (_, deep, kh, kw) = node.window, node.weight.shape
    top, left = window.before
    taps = np.arange(kw) * window.dilation[1] - left  # column of the first output
    first = np.clip(-(taps // window.stride[1]), 0, columns)
    last = np.clip((width - 1 - taps) // window.stride[1] + 1, 0, columns)
    weight = builder.constant(node, "weight", node.weight)
    begin, end = builder.constant(node, "first", first), builder.constant(node, "last", last)
    element = centred(f"x[row + j * {window.stride[1]}]", builder.edge(node, 0).zero_point)
    sums = accumulator(node, builder)
    return f"""\
    int32_t o, r, c, i, k, j;
    for (o = 0; o < {channels}; o++)
        for (r = 0; r < {rows}; r++) {{
            {sums} acc[{columns}] = {{0}};
            for (c = 0; c < {deep}; c++)
                for (i = 0; i < {kh}; i++) {{
                    const int32_t line = r * {window.stride[0]} + i * {window.dilation[0]} - {top};
                    if (line < 0 || line >= {height})
                        continue;
                    for (k = 0; k < {kw}; k++) {{
                        const int32_t w = {weight}[((o * {deep} + c) * {kh} + i) * {kw} + k];
                        const int32_t row = ((o / {channels // node.groups} * {deep} + c) * {height} + line) * {width}
                            + k * {window.dilation[1]} - {left};
                        for (j = {begin}[k]; j < {end}[k]; j++)
                            acc[j] += w * {element};
                    }}
                }}
            for (j = 0; j < {columns}; j++)
                y[(o * {rows} + r) * {columns} + j] =
                    {builder.requantised(node, "acc[j]", "o")};
        }}
    """
