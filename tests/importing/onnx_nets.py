"""Small ONNX models, operator by operator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import ModelProto, helper, numpy_helper

from t2c.importing.importer import Import, import_file

MICROSOFT, QONNX = "com.microsoft", "qonnx.custom_op.general"
FLOAT = onnx.TensorProto.FLOAT


class Net:
    """Collects nodes and constants; the last node's output is the model's."""

    def __init__(self, shape: tuple[int, ...], kind: int = FLOAT, batch: int | str = "N") -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.input = helper.make_tensor_value_info("x", kind, [batch, *shape])
        self.last = "x"

    def hold(self, values: Any, dtype: Any = np.float32) -> str:
        """A constant; its name."""
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values, dtype), name))
        return name

    def add(self, op: str, *inputs: str, name: str = "", domain: str = "", **attributes: Any) -> str:
        """A node; its output's name, which is its own, or a number."""
        output = name or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [output], name=output, domain=domain, **attributes))
        self.last = output
        return output

    def quant(self, source: str, scale: Any, bits: int, *, signed: int = 1, narrow: int = 0, **more: Any) -> str:
        """QONNX's Quant with zero point 0."""
        parts = (self.hold(scale), self.hold(more.pop("zero_point", 0.0)), self.hold(float(bits)))
        mode = more.pop("rounding_mode", "ROUND")
        return self.add("Quant", source, *parts, domain=QONNX, signed=signed, narrow=narrow, rounding_mode=mode, **more)

    def model(self, kind: int = FLOAT, opset: int = 13, **more: Any) -> ModelProto:
        """The model. kind: of its output."""
        graph = helper.make_graph(
            self.nodes,
            "net",
            [self.input],
            [helper.make_tensor_value_info(self.last, kind, None)],
            self.constants,
            **more,
        )
        domains = [helper.make_opsetid("", opset), helper.make_opsetid(MICROSOFT, 1), helper.make_opsetid(QONNX, 1)]
        return helper.make_model(graph, opset_imports=domains, ir_version=8, producer_name="tests")


def imported(model: ModelProto, folder: Path, images: int = 8, seed: int = 1) -> Import:
    """Write a model to a file and import that."""
    path = folder / "net.onnx"
    path.write_bytes(model.SerializeToString())
    return import_file(path, images=images, seed=seed)
