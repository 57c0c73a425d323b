"""What the host does with the last results of the core, in floats."""

from __future__ import annotations

from t2c.importing.onnx_files.model import OnnxNode
from t2c.importing.onnx_files.operator import operator
from t2c.importing.onnx_files.values import FileConstant, FileValue, FloatInput, OnHost, Unknown
from t2c.importing.onnx_files.walk import SilentError, Walk


def _host(walk: Walk, node: OnnxNode) -> FileValue:
    value = walk.value(node, 0)
    if isinstance(value, Unknown):
        raise SilentError
    if isinstance(value, (FileConstant, FloatInput)):
        raise walk.refuse(node, 0, "a result of the core")
    done = value.operations if isinstance(value, OnHost) else ()
    source = value.source if isinstance(value, OnHost) else value
    return OnHost(source=source, operations=(*done, (node.place, node.op)))


for _name in ("Softmax", "LogSoftmax", "ArgMax", "TopK"):
    operator(_name)(_host)
