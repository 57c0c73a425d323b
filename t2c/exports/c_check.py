"""Proof that the C of a network is golden's: compiled, run, every tensor of every image compared."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from t2c.common.process_group import run_in_group
from t2c.common.time_limit import scaled
from t2c.errors import ExportError
from t2c.exports.c_model import CModel
from t2c.exports.compare import require_equal
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.graph.graph import Graph

FLAGS = ("-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O2")
LIMIT = 600.0
"""Seconds for a compiler, and for a run."""
BATCH = 1 << 22
"""Activations that are held at once."""

_MAIN = """\
#include <stdio.h>
#include <stdlib.h>
#include "{prefix}.h"

/* Images from the first file, all tensors of each to the second. */
int main(int count, char **names)
{{
    {prefix}_tensors *t = malloc(sizeof *t);
    const {prefix}_info *input = &{prefix}_infos[0];
    FILE *from = count == 3 ? fopen(names[1], "rb") : NULL, *to = count == 3 ? fopen(names[2], "wb") : NULL;
    const size_t size = (size_t)input->size;
    int32_t k;
    if (!from || !to || !t)
        return 2;
    while (fread((unsigned char *)t + input->offset, input->element, size, from) == size) {{
        if ({prefix}_run(t))
            return 3;
        for (k = 0; k < {prefix}_count; k++) {{
            const {prefix}_info *info = &{prefix}_infos[k];
            if (fwrite((unsigned char *)t + info->offset, info->element, (size_t)info->size, to) != (size_t)info->size)
                return 4;
        }}
    }}
    free(t);
    fclose(from);
    return fclose(to) ? 5 : 0;
}}
"""


def compiler() -> list[str] | None:
    """The C compiler: the command in CC, else cc or gcc or clang on PATH; None if there is none."""
    given = shlex.split(os.environ.get("CC", ""))
    found = next((path for name in (*given[:1], "cc", "gcc", "clang") if (path := shutil.which(name))), None)
    return (found and [found, *given[1:]]) or None


def check_c(folder: Path, model: CModel, graph: Graph, images: IntArray, *, flags: Sequence[str] = ()) -> int | None:
    """Compile the C of a folder, run some images and compare every tensor.

    Args:
        folder: holds the files; model: their names; graph: golden's; images: int64 (N, *input shape); flags: further
        ones of the compiler.

    Returns:
        Number of activation integers compared; None where there is no C compiler.

    Raises:
        ExportError: it does not compile, fails, or differs; the message names the tensor, coordinate and both values.
    """
    command = compiler()
    if command is None:
        return None
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "main.c").write_text(_MAIN.format(prefix=model.prefix))
        program = place / "check"
        sources = [place / "main.c", *(folder / f"{model.prefix}{part}.c" for part in ("", "_dpi"))]
        _run([*command, *FLAGS, *flags, "-I", folder, "-o", program, *sources], "C compiler")
        edges = [graph.edges[node.output] for node in graph.nodes]
        edges.insert(0, graph.edges[graph.input])
        size = sum(int(np.prod(edge.shape)) for edge in edges)
        compared, batch = 0, max(1, BATCH // size)
        for start in range(0, len(images), batch):
            part = images[start : start + batch]
            (place / "images").write_bytes(part.astype(edges[0].dtype).tobytes())
            _run([program, place / "images", place / "tensors"], "program")
            record = np.dtype([(f"f{k}", edge.dtype, edge.shape) for k, edge in enumerate(edges)])
            found, golden = np.fromfile(place / "tensors", record), graph.run(part)
            for k, edge in enumerate(edges):
                compared += require_equal(f"c: tensor {edge.name!r}", found[f"f{k}"], golden[edge.name], first=start)
    return compared


def _run(command: Sequence[str | Path], what: str) -> None:
    try:
        done = run_in_group(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, limit=scaled(LIMIT))
    except subprocess.TimeoutExpired:
        raise ExportError(f"c: the {what} took longer than {LIMIT:.0f} s") from None
    if done.returncode:
        lines = [line for line in (done.stdout or "").splitlines() if "error" in line] or [f"status {done.returncode}"]
        raise ExportError(f"c: the {what} fails: {lines[0]}")
