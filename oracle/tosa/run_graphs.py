"""Run by the Python of .venv/tosa, not by ours: run graphs of several operators on the reference model.

    run_graphs.py FOLDER

Each NAME.npz in FOLDER is a graph: arrays by name, and graph, a text of JSON:

    inputs, constants   [name, TOSA type] of those arrays
    steps               operator, inputs, output, type and shape of the output, attributes: name and arguments
    output              name of a result

What the model gives goes to NAME.npy. Only types of 8, 16 and 32 bits are used.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import tosa_reference_model
import tosa_serializer as ts

STORED = {"INT8": "<i1", "INT16": "<i2", "INT32": "<i4"}
ENUMERATED = {"SINGLE_ROUND": ts.RoundingMode.SINGLE_ROUND, "DOUBLE_ROUND": ts.RoundingMode.DOUBLE_ROUND}
ENUMERATED["PROPAGATE"] = ts.NanPropagationMode.PROPAGATE
ENUMERATED |= {name: getattr(ts.DType, name) for name in STORED}


def serialised(graph: dict[str, Any], arrays: dict[str, Any]) -> bytes:
    """The graph as TOSA's serialiser writes it."""
    serializer = ts.TosaSerializer("")
    tensors = {}
    for name, kind in graph["inputs"]:
        tensors[name] = serializer.addPlaceholder(arrays[name].shape, getattr(ts.DType, kind), None)
    for name, kind in graph["constants"]:
        tensors[name] = serializer.addConst(arrays[name].shape, getattr(ts.DType, kind), arrays[name])
    for step in graph["steps"]:
        made = serializer.addOutput if step["output"] == graph["output"] else serializer.addIntermediate
        tensors[step["output"]] = made(step["shape"], getattr(ts.DType, step["type"]))
        attribute = ts.TosaSerializerAttribute()
        name, arguments = step["attributes"]
        values = [ENUMERATED[value] if isinstance(value, str) else value for value in arguments]
        getattr(attribute, name)(*values)
        inputs = [tensors[name].name for name in step["inputs"]]
        operator = getattr(ts.Op, step["operator"])
        serializer.addOperator(operator, inputs, [tensors[step["output"]].name], attribute)
    return bytes(serializer.serialize())


def run(path: Path) -> None:
    """Run a graph and write its result.

    Raises:
        SystemExit: the model does not find it valid.
    """
    with np.load(path) as held:
        arrays = dict(held)
    graph = json.loads(str(arrays.pop("graph")))
    arrays = {
        name: np.ascontiguousarray(arrays[name], STORED[kind]) for name, kind in graph["inputs"] + graph["constants"]
    }
    given = [arrays[name] for name, _ in graph["inputs"]]
    results, status = tosa_reference_model.run(serialised(graph, arrays), given)
    if status != tosa_reference_model.GraphStatus.TOSA_VALID:
        sys.exit(f"the reference model finds {path.name} {status.name}")
    (step,) = (step for step in graph["steps"] if step["output"] == graph["output"])
    np.save(path.with_suffix(".npy"), results[0].view(STORED[step["type"]]).reshape(step["shape"]))


if __name__ == "__main__":
    for path in sorted(Path(sys.argv[1]).glob("*.npz")):
        run(path)
