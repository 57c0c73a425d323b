"""The integer model package: a directory with graph.json and tensors.npz, validated whole before anything runs."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.common.staging import staging_folder, swap_in
from t2c.golden.arithmetic.formats import IntArray, as_int64, check_format
from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.errors import PackageError
from t2c.golden.graph.codec import edge_from_json, edge_to_json, node_from_json, node_to_json, smallest_dtype
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.json_fields import Fields

SCHEMA = 1
GRAPH_FILE = "graph.json"
TENSOR_FILE = "tensors.npz"
_SAMPLE_INPUT, _SAMPLE_LABEL = "samples.input", "samples.label"


SCALE_ERROR = "scale_error."
"""Prefix of the metrics that hold the relative scale error of one layer, a fraction."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Package:
    """A graph, the quantised test samples that ship with it, and figures about it.

    graph: the network; samples: int (N, *input shape), N >= 1, in the input edge's format; labels: int (N,);
    description: one line; metrics: named real figures for reports, such as accuracies.

    Raises:
        PackageError: samples and labels do not fit the graph or each other.
    """

    graph: Graph
    samples: IntArray
    labels: IntArray
    description: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        edge = self.graph.edges[self.graph.input]
        try:
            object.__setattr__(self, "samples", check_format("samples", self.samples, edge.format))
            object.__setattr__(self, "labels", as_int64("labels", self.labels))
        except ValueError as error:
            raise PackageError(f"samples: {error}") from error
        if self.samples.shape[1:] != edge.shape or self.labels.shape != self.samples.shape[:1] or not self.labels.size:
            raise PackageError(
                f"samples: shapes {self.samples.shape} and {self.labels.shape} do not fit input shape {edge.shape}"
            )

    @property
    def name(self) -> str:
        return self.graph.name


def _npz_bytes(tensors: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Return an .npz archive whose bytes depend on the tensors alone: sorted names, fixed dates."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(tensors):
            payload = io.BytesIO()
            np.lib.format.write_array(payload, np.ascontiguousarray(tensors[name]), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), payload.getvalue(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def save_package(package: Package, directory: str | os.PathLike[str]) -> None:
    """Write a package; the directory appears whole or not at all, and replaces an older package of that name.

    Raises:
        PackageError: the path exists and is not a package.
    """
    target = Path(directory)
    if target.exists() and not (target / GRAPH_FILE).is_file():
        raise PackageError(f"{target}: exists and is not a model package; not overwritten")
    graph = package.graph
    tensors: dict[str, npt.NDArray[Any]] = {
        _SAMPLE_INPUT: smallest_dtype(package.samples),
        _SAMPLE_LABEL: smallest_dtype(package.labels),
    }
    nodes = [node_to_json(node, tensors) for node in graph.nodes]
    archive = _npz_bytes(tensors)
    document = {
        "schema": SCHEMA,
        "name": graph.name,
        "description": package.description,
        "tensors_sha256": hashlib.sha256(archive).hexdigest(),
        "widths": {"acc": graph.widths.acc, "scale": graph.widths.scale, "bias": graph.widths.bias},
        "input": graph.input,
        "output": graph.output,
        "edges": {name: edge_to_json(edge) for name, edge in graph.edges.items()},
        "nodes": nodes,
        "metrics": dict(package.metrics),
    }
    with staging_folder(target) as staging:
        (staging / TENSOR_FILE).write_bytes(archive)
        (staging / GRAPH_FILE).write_text(json.dumps(document, indent=1, allow_nan=False) + "\n")
        swap_in(staging, target)


def load_package(directory: str | os.PathLike[str]) -> Package:
    """Read and validate a package: schema, hash, fields, shapes, ranges, widths, worst-case accumulators.

    Raises:
        FileNotFoundError: no package at that path.
        PackageError: the package is damaged or inconsistent; the message names the node and the field.
    """
    source = Path(directory)
    if not (source / GRAPH_FILE).is_file():
        raise FileNotFoundError(f"{source}: no model package there ({GRAPH_FILE} is missing)")
    try:
        document = json.loads((source / GRAPH_FILE).read_text(), object_pairs_hook=_object)
    except PackageError:
        raise
    except (ValueError, RecursionError) as error:
        raise PackageError(f"{source / GRAPH_FILE}: not JSON: {error}") from error
    fields = Fields(document, GRAPH_FILE)
    schema = fields.integer("schema")
    if schema != SCHEMA:
        raise PackageError(f"{GRAPH_FILE}: schema {schema} is not {SCHEMA}, the only one this version reads")
    tensors = _read_tensors(source / TENSOR_FILE, fields.text("tensors_sha256"))
    return _package_from_fields(fields, tensors)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Decode a JSON object; a repeated field is refused, where the decoder would silently take the last one."""
    data = dict(pairs)
    if len(data) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise PackageError(f"{GRAPH_FILE}: field {twice!r} is given twice")
    return data


def _read_tensors(path: Path, digest: str) -> dict[str, npt.NDArray[Any]]:
    if not path.is_file():
        raise PackageError(f"{path}: the tensor file is missing")
    archive = path.read_bytes()
    actual = hashlib.sha256(archive).hexdigest()
    if actual != digest:
        raise PackageError(f"{path}: SHA-256 is {actual[:16]}…, {GRAPH_FILE} says {digest[:16]}…")
    try:
        with np.lib.npyio.NpzFile(io.BytesIO(archive), allow_pickle=False) as data:
            return {name: data[name] for name in data.files}
    except (ValueError, OSError, EOFError, MemoryError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise PackageError(f"{path}: not a tensor archive: {error}") from error


def _package_from_fields(fields: Fields, tensors: Mapping[str, npt.NDArray[Any]]) -> Package:
    widths_fields = fields.object("widths")
    with widths_fields.naming():
        widths = Widths(**{name: widths_fields.integer(name) for name in ("acc", "scale", "bias")})
    widths_fields.close()
    edges = {name: edge_from_json(name, data) for name, data in fields.object("edges").rest().items()}
    items = enumerate(fields.items("nodes"))
    graph = Graph(
        name=fields.text("name"),
        widths=widths,
        edges=edges,
        nodes=tuple(node_from_json(data, tensors, widths, f"node {index}") for index, data in items),
        input=fields.text("input"),
        output=fields.text("output"),
    )
    for name in (_SAMPLE_INPUT, _SAMPLE_LABEL):
        if name not in tensors:
            raise PackageError(f"samples: tensor {name!r} is missing")
    metrics = fields.object("metrics")
    package = Package(
        graph=graph,
        samples=tensors[_SAMPLE_INPUT],
        labels=tensors[_SAMPLE_LABEL],
        description=fields.text("description"),
        metrics={name: Fields({name: value}, metrics.place).real(name) for name, value in metrics.rest().items()},
    )
    fields.close()
    return package
