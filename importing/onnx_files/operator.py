"""What each operator of a file does to what is known, by its domain and name."""

from __future__ import annotations

from collections.abc import Callable

from t2c.common.registry import Registry
from t2c.common.shown import shown
from t2c.importing.errors import RefusedError
from t2c.importing.onnx_files.model import OnnxNode
from t2c.importing.onnx_files.values import FileValue
from t2c.importing.onnx_files.walk import Walk

Operator = Callable[[Walk, OnnxNode], FileValue | tuple[FileValue, ...]]
OPERATORS: Registry[Operator] = Registry("ONNX operator", "t2c.importing.onnx_files.operators")
"""By name, those of other domains than ONNX's own as `domain:name`; each gives its first output, or all."""

QONNX_DOMAINS = ("onnx.brevitas", "qonnx.custom_op.general", "finn.custom_op.general")


def operator(name: str, *domains: str) -> Callable[[Operator], Operator]:
    """Register an operator of these domains, of ONNX's own if none is given."""

    def register(function: Operator) -> Operator:
        for domain in domains or ("",):
            OPERATORS.register(f"{domain}:{name}" if domain else name, function)
        return function

    return register


def operator_of(node: OnnxNode) -> Operator:
    """What does a node's work.

    Raises:
        RefusedError: nothing here does.
    """
    found = OPERATORS.find(f"{node.domain}:{node.op}" if node.domain else node.op)
    if found is None:
        domain = f" of domain {shown(node.domain)}" if node.domain else ""
        raise RefusedError([f"{node.place}: operator {shown(node.op)}{domain} is not imported"])
    return found


def integer(node: OnnxNode, name: str, default: int) -> int:
    """An attribute that is an int; raise RefusedError if it is something else."""
    value = node.attributes.get(name, default)
    if not isinstance(value, int):
        raise RefusedError([f"{node.place}: attribute {name} = {shown(value)} is no integer"])
    return value


def real(node: OnnxNode, name: str, default: float) -> float:
    """An attribute that is a float; raise RefusedError if it is something else."""
    value = node.attributes.get(name, default)
    if not isinstance(value, float) or not abs(value) < 1e30:
        raise RefusedError([f"{node.place}: attribute {name} = {shown(value)} is no number"])
    return value


def text(node: OnnxNode, name: str, default: str) -> str:
    """An attribute that is a text; raise RefusedError if it is something else."""
    value = node.attributes.get(name, default)
    if not isinstance(value, str):
        raise RefusedError([f"{node.place}: attribute {name} = {shown(value)} is no text"])
    return value


def integers(node: OnnxNode, name: str, default: tuple[int, ...], count: int | None = None) -> tuple[int, ...]:
    """An attribute that is a tuple of ints, of so many; raise RefusedError if it is something else."""
    value = node.attributes.get(name, default)
    right = isinstance(value, tuple) and all(isinstance(each, int) for each in value)
    if not right or (count is not None and len(value) != count):
        raise RefusedError([f"{node.place}: attribute {name} = {shown(value)} is not {count or ''} integers"])
    return tuple(value)
