"""The doors: what reads files that others made, with undamaged ones to begin from, and what a reader may answer."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import math
import pickle
import re
import struct
from abc import ABC, abstractmethod
from dataclasses import asdict
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from t2c.common.errors import UserError
from t2c.common.places import EXAMPLES
from t2c.contract.hardware import Hardware
from t2c.golden.errors import PackageError, RangeError, UnsupportedError
from t2c.golden.graph.codec import edge_to_json, node_to_json
from t2c.golden.graph.package import DIGEST, GRAPH_FILE, TENSOR_FILE, Package, graph_digest, load_package, save_package
from t2c.golden.rom.text import RomFormat
from t2c.importing.errors import RefusedError
from t2c.importing.network import ImportedNetwork
from t2c.importing.reader import read_network
from t2c.importing.report import report_json, report_lines
from t2c.mapping.compiler import ALL, compile_program
from t2c.rom_folder.manifest import MANIFEST, RomFolder
from t2c.tb.dut.description import load_description
from t2c.tb.random_models.networks import random_layer, random_network
from t2c.tb.units.table_choice import table_from_file
from tests.attention_net import attention_package
from tests.core_model.running import run_and_hold_to_golden
from tests.every_op import every_op_package
from tests.fuzz.archive_damage import damaged_members, members, packed
from tests.fuzz.byte_damage import damaged
from tests.fuzz.folder_damage import Tree
from tests.fuzz.json_damage import damaged_tree
from tests.importing.tflite_small import small_files
from tests.table_net import table_package

NUMBERS = (0, 1, 2, 3, 4, 5, 9, 127, 128, 255, 256, 65535, 1 << 24, (1 << 31) - 1, 1 << 31, (1 << 32) - 1)
"""Values that mean something to a reader of numbers."""
CORE = Hardware(rows=4, cols=4, act_depth=1 << 10, wgt_depth=1 << 10, par_depth=1 << 8, acc_depth=1 << 6)


class Door(ABC):
    """A reader of a folder with files.

    refusals: exceptions by which it may refuse, one line each; sealed: digests show what has changed.
    """

    refusals: tuple[type[Exception], ...] = (PackageError, UserError, OSError)
    sealed = False

    @abstractmethod
    def trees(self, folder: Path) -> list[Tree]:
        """Undamaged folders. folder: an empty one to make them in."""

    @abstractmethod
    def damage(self, tree: Tree, rng: Random) -> tuple[Tree, bool]:
        """A damaged folder, and whether its digests were made again afterwards: it may mean something else then."""

    @abstractmethod
    def read(self, folder: Path) -> Any:
        """Read it; raise one of `refusals`."""

    @abstractmethod
    def meaning(self, found: Any) -> bytes:
        """A digest of all that was read."""

    def use(self, found: Any, rng: Random) -> None:
        """Do with it what is done with what is right; nothing may be raised."""
        del found, rng


def _tree(folder: Path) -> Tree:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class PackageDoor(Door):
    """graph.json and tensors.npz."""

    sealed = True

    def trees(self, folder: Path) -> list[Tree]:
        packages = [
            *(every_op_package(), table_package(), attention_package(), attention_package(1)),
            *(*map(random_layer, (1, 2, 3, 4, 5, 6)), random_network(2)),
        ]
        for index, package in enumerate(packages):
            save_package(package, folder / str(index))
        return [_tree(folder / str(index)) for index in range(len(packages))]

    def damage(self, tree: Tree, rng: Random) -> tuple[Tree, bool]:
        graph, archive = tree[GRAPH_FILE], tree[TENSOR_FILE]
        kind = rng.choice(("bytes", "bytes of tensors", "json", "json", "json", "members", "members", "zip", "layout"))
        if kind == "bytes":
            return {**tree, GRAPH_FILE: damaged(graph, rng)}, False
        if kind == "bytes of tensors":
            return {**tree, TENSOR_FILE: damaged(archive, rng)}, False
        document = json.loads(graph)
        if kind == "layout":
            indent, order = rng.choice((None, 0, 7)), rng.random() < 0.5
            return {**tree, GRAPH_FILE: json.dumps(document, indent=indent, sort_keys=order).encode()}, False
        sealed = kind != "json" or rng.random() < 0.8
        if kind == "json":
            document = damaged_tree(document, rng)
        elif kind == "members":
            archive = packed(damaged_members(members(archive), rng), rng)
        else:
            archive = damaged(packed(members(archive), rng), rng)
        if sealed and isinstance(document, dict):
            document["tensors_sha256"] = hashlib.sha256(archive).hexdigest()
            document.pop(DIGEST, None)
            if rng.random() < 0.5:
                document[DIGEST] = graph_digest(document)
        # Without its digest it is what someone wrote by hand: it may say something else.
        by_hand = isinstance(document, dict) and DIGEST not in document
        return {GRAPH_FILE: json.dumps(document).encode(), TENSOR_FILE: archive}, sealed or by_hand

    def read(self, folder: Path) -> Package:
        return load_package(folder)

    def meaning(self, found: Package) -> bytes:
        tensors: dict[str, np.ndarray] = {"samples": found.samples, "labels": found.labels}
        nodes = [node_to_json(node, tensors) for node in found.graph.nodes]
        graph = found.graph
        edges = {name: edge_to_json(edge) for name, edge in graph.edges.items()}
        texts = (graph.name, graph.input, graph.output, asdict(graph.widths), found.description, dict(found.metrics))
        digest = hashlib.sha256(json.dumps([nodes, edges, texts], sort_keys=True).encode())
        for name, values in sorted(tensors.items()):
            digest.update(f"{name} {values.dtype} {values.shape}".encode() + values.tobytes())
        return digest.digest()

    def use(self, found: Package, rng: Random) -> None:
        """Golden runs it; and what the core has memories for comes out of the model of the core as golden says."""
        try:
            program = compile_program(found.graph, ALL, CORE)
        except (UnsupportedError, RangeError):
            for _ in found.graph.steps(found.samples[:1]):
                pass
            return
        if rng.random() < 0.2:
            run_and_hold_to_golden(found, program)


class DescriptionDoor(Door):
    """The description of a module of someone else's."""

    refusals = (UserError,)

    def trees(self, folder: Path) -> list[Tree]:
        tree = _tree(EXAMPLES / "byo_rtl")
        duts = Path(__file__).parents[1] / "tb" / "duts"
        names = ("quad", "two", "wired", "early_bias", "own")
        requants = [(duts / "requants" / f"{name}.yaml").read_bytes() for name in names]
        return [
            tree,
            *({"dut.yaml": re.sub(rb"sources: .*", b"sources: a.v", text), "a.v": b""} for text in requants),
            {"dut.yaml": (duts / "plain_array.yaml").read_bytes(), "plain_array.sv": b"", "all.f": b""},
            {"dut.yaml": (duts / "row_softmax.yaml").read_bytes(), "row_softmax.sv": b""},
            {
                "dut.yaml": tree["dut.yaml"].replace(b"requant.v", b"all.f"),
                "all.f": b"+define+A=1\na.v // a\n",
                "a.v": b"",
            },
        ]

    def damage(self, tree: Tree, rng: Random) -> tuple[Tree, bool]:
        name = rng.choice(("dut.yaml", "dut.yaml", "all.f")) if "all.f" in tree else "dut.yaml"
        return {**tree, name: damaged(tree[name], rng)}, True

    def read(self, folder: Path) -> Any:
        return load_description(folder / "dut.yaml")

    def meaning(self, found: Any) -> bytes:
        return pickle.dumps(found)


class TableDoor(Door):
    """A table of hexadecimal entries."""

    refusals = (UserError,)

    def trees(self, folder: Path) -> list[Tree]:
        return [
            {"table.hex": "".join(f"{value:x}\n" for value in range(255, -1, -1)).encode()},
            {"table.hex": b"f // a\n1\n"},
        ]

    def damage(self, tree: Tree, rng: Random) -> tuple[Tree, bool]:
        return {"table.hex": damaged(tree["table.hex"], rng)}, True

    def read(self, folder: Path) -> Any:
        softmax = {"X_W": 8, "DEPTH_W": 7, "E_W": 12, "OUT_W": 8, "R_W": 22, "LEN_W": 6}
        try:
            return table_from_file("lut_softmax", folder / "table.hex", softmax)
        except UserError:
            return table_from_file("lut_pointwise", folder / "table.hex", {"X_W": 8, "OUT_W": 8})

    def meaning(self, found: Any) -> bytes:
        return bytes(found.entries.tobytes())


class RomDoor(Door):
    """A folder of memory images with its manifest."""

    sealed = True

    def trees(self, folder: Path) -> list[Tree]:
        from t2c.rom_folder.__main__ import main

        save_package(random_layer(4), folder / "package")
        words = ("--model", folder / "package", "--out", folder / "roms", "--formats", "hex,bin,dec,coe,mif,memb")
        with contextlib.redirect_stdout(io.StringIO()):
            main([str(word) for word in words])
        return [_tree(folder / "roms")]

    def damage(self, tree: Tree, rng: Random) -> tuple[Tree, bool]:
        kind = rng.choice(("manifest", "json", "json", "image", "image"))
        if kind == "manifest":
            return {**tree, MANIFEST: damaged(tree[MANIFEST], rng)}, True
        if kind == "json":
            return {**tree, MANIFEST: json.dumps(damaged_tree(json.loads(tree[MANIFEST]), rng)).encode()}, True
        name = rng.choice([name for name in sorted(tree) if name != MANIFEST])
        changed = damaged(tree[name], rng)
        record = json.loads(tree[MANIFEST])
        if rng.random() < 0.7:
            record["files"][name]["sha256"] = hashlib.sha256(changed).hexdigest()
        return {**tree, name: changed, MANIFEST: json.dumps(record).encode()}, True

    def read(self, folder: Path) -> Any:
        found = RomFolder.open(folder)
        found.check()
        for image in found.record["images"]:
            for fmt in RomFormat:
                if fmt.value in image["files"]:
                    found.values(image["name"], fmt)
        return found

    def meaning(self, found: RomFolder) -> bytes:
        return json.dumps(found.record).encode()


class ImportDoor(Door):
    """A .tflite file."""

    refusals = (RefusedError, PackageError, OSError)

    def trees(self, folder: Path) -> list[Tree]:
        return [{"model.tflite": data} for data in small_files()]

    def damage(self, tree: Tree, rng: Random) -> tuple[Tree, bool]:
        data = bytearray(tree["model.tflite"])
        kind = rng.choice(("bytes", "offset", "offset", "value"))
        if kind == "bytes":
            return {"model.tflite": damaged(bytes(data), rng)}, True
        for _ in range(rng.choice((1, 1, 2, 4))):
            start = 4 * rng.randrange(len(data) // 4)  # everything in such a file is a number at a place of its size
            other = (
                struct.pack("<I", rng.choice(NUMBERS))
                if kind == "value"
                else data[(at := 4 * rng.randrange(len(data) // 4)) : at + 4]
            )
            data[start : start + 4] = other
        return {"model.tflite": bytes(data)}, True

    def read(self, folder: Path) -> Any:
        return read_network(folder / "model.tflite", "network")

    def meaning(self, found: ImportedNetwork) -> bytes:
        tensors: dict[str, np.ndarray] = {}
        nodes = [node_to_json(node, tensors) for node in found.graph.nodes]
        edges = {name: edge_to_json(edge) for name, edge in found.graph.edges.items()}
        digest = hashlib.sha256(json.dumps([nodes, edges], sort_keys=True).encode())
        for name, values in sorted(tensors.items()):
            digest.update(f"{name} {values.shape}".encode() + values.tobytes())
        return digest.digest()

    def use(self, found: ImportedNetwork, rng: Random) -> None:
        """Golden and the host run it, unless it has become large; the report can be written."""
        graph = found.graph
        report_lines(report_json(found))
        if (
            sum(layer.macs for layer in found.layers) + sum(math.prod(edge.shape) for edge in graph.edges.values())
            < 1 << 22
        ):
            images = np.zeros((1, *graph.edges[graph.input].shape), np.int64)
            found.run_host(graph.run(images)[graph.output].reshape(1, -1))


@cache
def doors() -> dict[str, Door]:
    """All of them, by name, with the share of the cases that each gets."""
    from tests.fuzz.chip_door import ChipDoor

    found: dict[str, Door] = {
        "package": PackageDoor(),
        "description": DescriptionDoor(),
        "table": TableDoor(),
        "roms": RomDoor(),
        "import": ImportDoor(),
        "chip": ChipDoor(),
    }
    if "onnx" in SHARES:
        from tests.fuzz.onnx_door import OnnxDoor

        found["onnx"] = OnnxDoor()
    return found


SHARES = {"package": 0.65, "description": 0.07, "table": 0.03, "roms": 0.05, "import": 0.2, "chip": 0.02}
if find_spec("onnx"):  # which `make check` does without
    SHARES["onnx"] = 0.1
