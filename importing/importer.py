"""The import of a file: read, prove, report, write; the package appears whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from t2c.golden.errors import PackageError
from t2c.golden.graph.package import GRAPH_FILE, Package, save_package
from t2c.importing.network import ImportedNetwork, graph_name
from t2c.importing.reader import read_network
from t2c.importing.report import report_json, report_lines
from t2c.importing.samples import random_samples, read_samples


@dataclass(frozen=True, kw_only=True, eq=False)
class Import:
    """network: what was read; package: what was, or would be, written; report: plain values; lines: the same as
    text."""

    network: ImportedNetwork
    package: Package
    report: Mapping[str, Any]
    lines: tuple[str, ...]


def import_file(
    path: Path, out: Path | None = None, *, samples: Path | None = None, images: int = 4, seed: int = 1
) -> Import:
    """Read a quantised network into a package.

    Args:
        path: the file.
        out: folder of the package; nothing is written if None.
        samples: .npy file of inputs, as `read_samples` takes them; random ones if None.
        images, seed: of the random inputs.

    Raises:
        RefusedError: the file cannot be imported, with all reasons.
        PackageError: samples that do not fit, a file type without reader, something in the way of the package.
    """
    if out is not None and out.exists() and not (out / GRAPH_FILE).is_file():
        raise PackageError(f"{out}: exists and is not a model package; not overwritten")
    network = read_network(path, graph_name(path.stem if out is None else out.name))
    graph = network.graph
    edge = graph.edges[graph.input]
    inputs = random_samples(edge, images, seed) if samples is None else read_samples(samples, edge, network.input)
    output = graph.run(inputs)[graph.output].reshape(len(inputs), -1)
    package = Package(
        graph=graph,
        samples=inputs,
        labels=output.argmax(axis=1).astype(np.int64),
        description=network.source,
    )
    document = report_json(network)
    lines = report_lines(document)
    if out is not None:
        save_package(package, out)
        lines.append(f"{out}: {len(graph.nodes)} layers, {len(inputs)} samples")
    return Import(network=network, package=package, report=document, lines=tuple(lines))
