"""The integer model package: a directory with graph.json and tensors.npz, validated whole before anything runs."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.common.shown import shown
from t2c.common.staging import staging_folder, swap_in
from t2c.golden.arithmetic.formats import IntArray, as_int64, check_format
from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.errors import PackageError
from t2c.golden.graph.codec import edge_from_json, edge_to_json, node_from_json, node_to_json, smallest_dtype
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.json_fields import Fields
from t2c.golden.graph.tensor_file import TensorFile
from t2c.golden.graph.texts import LONGEST_NAME, check_text
from t2c.golden.json_file import read_json

SCHEMA = 1
GRAPH_FILE = "graph.json"
TENSOR_FILE = "tensors.npz"
DIGEST = "graph_sha256"
"""Field of graph.json with `graph_digest` of the rest; a file that a person changes may go without."""
LARGEST_GRAPH = 1 << 24
"""Bytes of a graph.json; its objects take many times as much memory."""
_SAMPLE_INPUT, _SAMPLE_LABEL = "samples.input", "samples.label"


SCALE_ERROR = "scale_error."
"""Prefix of the metrics that hold the relative scale error of one layer, a fraction."""

STEP_ERROR = "step_error."
"""Prefix of the metrics that hold how far the constants of one layer can move an output, in output steps."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Package:
    """A graph, the quantised test samples that ship with it, and figures about it.

    graph: the network; samples: int (N, *input shape), N >= 1, in the input edge's format; labels: int (N,);
    description: one line; metrics: named real figures for reports, such as accuracies.

    Raises:
        PackageError: samples and labels do not fit the graph or each other; a description or the name of a metric
            that is no line of text.
    """

    graph: Graph
    samples: IntArray
    labels: IntArray
    description: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_text(self.description, "description")
        for name in self.metrics:
            check_text(name, f"metric {shown(name)}", LONGEST_NAME)
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
    document[DIGEST] = graph_digest(document)
    with staging_folder(target) as staging:
        (staging / TENSOR_FILE).write_bytes(archive)
        (staging / GRAPH_FILE).write_text(json.dumps(document, indent=1, allow_nan=False) + "\n")
        swap_in(staging, target)


def load_package(directory: str | os.PathLike[str]) -> Package:
    """Read and validate a package: schema, hashes, fields, shapes, ranges, widths, worst-case accumulators.

    Raises:
        FileNotFoundError: no package at that path.
        PackageError: the package is damaged or inconsistent; the message names the node and the field.
    """
    source = Path(directory)
    if not (source / GRAPH_FILE).is_file():
        raise FileNotFoundError(f"{source}: no model package there ({GRAPH_FILE} is missing)")
    document = _read_document(source / GRAPH_FILE)
    fields = Fields(document, GRAPH_FILE)
    schema = fields.integer("schema")
    if schema != SCHEMA:
        raise PackageError(f"{GRAPH_FILE}: schema {shown(schema)} is not {SCHEMA}, the only one this version reads")
    stated = fields.text(DIGEST) if DIGEST in document else None
    with TensorFile(source / TENSOR_FILE, fields.text("tensors_sha256")) as tensors:
        try:
            package = _package_from_fields(fields, tensors)
        except MemoryError as error:
            raise PackageError(f"{source}: there is not memory enough for its tensors") from error
        tensors.refuse_unasked()
    if stated is not None:
        _check_digest(document, stated)  # last: a field that is wrong by itself has a better name
    return package


def _read_document(path: Path) -> Any:
    if path.stat().st_size > LARGEST_GRAPH:
        raise PackageError(f"{path}: above {LARGEST_GRAPH >> 20} MiB; weights belong into {TENSOR_FILE}")
    return read_json(path)


def graph_digest(document: Mapping[str, Any]) -> str:
    """SHA-256 of what graph.json says besides its own digest: the JSON with sorted names and no blanks, in ASCII."""
    rest = {name: value for name, value in document.items() if name != DIGEST}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _check_digest(document: Mapping[str, Any], stated: str) -> None:
    try:
        actual = graph_digest(document)
    except RecursionError as error:
        raise PackageError(f"{GRAPH_FILE}: objects in objects, deeper than anything here goes") from error
    if actual != stated:
        raise PackageError(
            f"{GRAPH_FILE}: SHA-256 of its content is {actual[:16]}…, field {DIGEST!r} says "
            f"{shown(stated[:16])[1:-1]}…; a file that is changed on purpose goes without that field"
        )


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
            raise PackageError(f"samples: tensor {shown(name)} is missing")
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
