"""The loop over windows that both kinds of pooling share."""

from __future__ import annotations

from t2c.golden.arithmetic.window import Window
from t2c.golden.graph.tensor_spec import TensorSpec


def pooled(edge: TensorSpec, output: TensorSpec, window: Window, *, start: str, step: str, result: str) -> str:
    """For each window `start`, for each `value` of it inside the image `step`, then `result`, of channel `c`."""
    (_, height, width), (channels, rows, columns) = edge.shape, output.shape
    (kh, kw), (sh, sw), (dh, dw), (top, left) = window.kernel, window.stride, window.dilation, window.before
    return f"""\
    int32_t c, r, o, i, j;
    for (c = 0; c < {channels}; c++)
        for (r = 0; r < {rows}; r++)
            for (o = 0; o < {columns}; o++) {{
                {start}
                for (i = 0; i < {kh}; i++)
                    for (j = 0; j < {kw}; j++) {{
                        const int32_t line = r * {sh} + i * {dh} - {top};
                        const int32_t column = o * {sw} + j * {dw} - {left};
                        if (line >= 0 && line < {height} && column >= 0 && column < {width}) {{
                            const int32_t value = x[(c * {height} + line) * {width} + column];
                            {step}
                        }}
                    }}
                y[(c * {rows} + r) * {columns} + o] =
                    {result};
            }}
    """
