"""A PyTorch state dict of integers, with everything needed to read it as golden's graph again."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import torch
from torch import Tensor

from t2c.errors import ExportError
from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.errors import PackageError
from t2c.golden.graph.codec import edge_from_json, edge_to_json, node_from_json, node_to_json
from t2c.golden.graph.graph import Graph
from t2c.golden.rom.tensors import ConstantTensor, constant_tensors

FORMAT, VERSION = "torch2chip-integers", 1


def torch_dtype(bits: int, signed: bool) -> torch.dtype:
    """Return the narrowest torch integer type for a declared width of 2..64 bits; unsigned only up to 8 bits.

    >>> torch_dtype(4, True), torch_dtype(6, False), torch_dtype(40, True)
    (torch.int8, torch.uint8, torch.int64)
    """
    if not signed and bits <= 8:
        return torch.uint8
    need = bits if signed else bits + 1
    widths = {8: torch.int8, 16: torch.int16, 32: torch.int32, 64: torch.int64}
    return next(dtype for width, dtype in widths.items() if need <= width)


def _tensor(constant: ConstantTensor) -> Tensor:
    dtype = torch_dtype(constant.layout.bits, constant.layout.signed)
    return torch.from_numpy(np.array(constant.values)).to(dtype)


def integer_state(graph: Graph) -> dict[str, Tensor]:
    """Return every constant by `<layer>.weight`, `.multiplier`, `.bias`, `.shift`, in its narrowest torch type."""
    return {f"{node.name}.{c.name}": _tensor(c) for node in graph.nodes for c in constant_tensors(node)}


def _document(graph: Graph) -> dict[str, Any]:
    """Everything but the tensors, as `t2c.golden.graph.package` writes it, and the declared format of each tensor."""
    formats = {
        f"{node.name}.{c.name}": {"bits": c.layout.bits, "signed": c.layout.signed, "axes": c.axes}
        for node in graph.nodes
        for c in constant_tensors(node)
    }
    return {
        "format": FORMAT,
        "version": VERSION,
        "name": graph.name,
        "widths": {"acc": graph.widths.acc, "scale": graph.widths.scale, "bias": graph.widths.bias},
        "input": graph.input,
        "output": graph.output,
        "edges": {name: edge_to_json(edge) for name, edge in graph.edges.items()},
        "nodes": [node_to_json(node, {}) for node in graph.nodes],
        "formats": formats,
    }


def state_dict_bytes(graph: Graph) -> bytes:
    """Return the file: what `torch.save` writes of {**metadata, "state_dict": tensors}."""
    buffer = io.BytesIO()
    torch.save({**_document(graph), "state_dict": integer_state(graph)}, buffer)
    return buffer.getvalue()


def read_state_dict(data: bytes) -> tuple[Graph, dict[str, Tensor]]:
    """Read the file with `weights_only=True` and rebuild golden's graph from it.

    Returns:
        The graph, validated whole, and the tensors.

    Raises:
        PackageError: not such a file, or golden refuses what it holds.
    """
    try:
        record = torch.load(io.BytesIO(data), weights_only=True)
        if not isinstance(record, dict) or (record.get("format"), record.get("version")) != (FORMAT, VERSION):
            raise PackageError(f"not a {FORMAT} file of version {VERSION}")
        state = record["state_dict"]
        arrays = {name: tensor.numpy() for name, tensor in state.items()}
        widths = Widths(**record["widths"])
        graph = Graph(
            name=record["name"],
            widths=widths,
            edges={name: edge_from_json(name, edge) for name, edge in record["edges"].items()},
            nodes=tuple(node_from_json(node, arrays, widths, "node") for node in record["nodes"]),
            input=record["input"],
            output=record["output"],
        )
    except PackageError:
        raise
    except Exception as error:  # torch raises many types for a damaged file
        raise PackageError(f"state dict: {' '.join(str(error).split())[:200]}") from error
    return graph, state


def check_state_dict(data: bytes, graph: Graph) -> int:
    """Read the file and compare it with golden's graph: every tensor with its type, every field.

    Returns:
        Number of integers compared.

    Raises:
        ExportError: a difference; the message names the tensor or the field.
        PackageError: the file cannot be read.
    """
    read, state = read_state_dict(data)
    golden = integer_state(graph)
    if list(state) != list(golden):
        raise ExportError(f"state dict: tensors {sorted(set(state) ^ set(golden))} exist on one side only")
    for name, tensor in golden.items():
        if state[name].dtype != tensor.dtype or not torch.equal(state[name], tensor):
            raise ExportError(f"state dict: tensor {name!r} differs from golden's")
    mine, theirs = _document(read), _document(graph)
    for field, value in theirs.items():
        if mine[field] != value:
            raise ExportError(f"state dict: field {field!r} differs from golden's")
    return sum(tensor.numel() for tensor in golden.values())
