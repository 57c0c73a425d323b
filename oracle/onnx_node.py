"""One ONNX node as a function: onnxruntime runs it on one thread, without rewriting the graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from onnx import helper, numpy_helper
from onnx.helper import np_dtype_to_tensor_dtype

VERSION = f"onnxruntime {onnxruntime.__version__}"
OPSET = {"": 21, "com.microsoft": 1}
IR_VERSION = 10
Input = npt.NDArray[Any] | np.generic


def run_node(
    op: str,
    inputs: Mapping[str, Input],
    output: type[np.generic],
    *,
    domain: str = "",
    constants: tuple[str, ...] = (),
    **attributes: Any,
) -> npt.NDArray[Any]:
    """Return the output of one node.

    Args:
        op: operator; domain: "" for ONNX itself; attributes: of the node.
        inputs: by name, in the operator's order; an empty array of type object stands for one that is left out.
        output: element type of the output.
        constants: names of the inputs that are initialisers, as the weights of a model are; the others are fed.

    The value comes from onnxruntime as it is: type and shape are not touched.
    """
    given = {name: np.array(value, order="C") for name, value in inputs.items() if value.dtype != object}
    fed = {name: value for name, value in given.items() if name not in constants}
    graph = helper.make_graph(
        [helper.make_node(op, [n if n in given else "" for n in inputs], ["y"], domain=domain, **attributes)],
        "one node",
        [helper.make_tensor_value_info(n, np_dtype_to_tensor_dtype(v.dtype), v.shape) for n, v in fed.items()],
        [helper.make_tensor_value_info("y", np_dtype_to_tensor_dtype(np.dtype(output)), None)],
        [numpy_helper.from_array(given[name], name) for name in constants if name in given],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid(*item) for item in OPSET.items()], ir_version=IR_VERSION
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, fed)[0])
