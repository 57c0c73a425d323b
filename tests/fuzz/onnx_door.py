"""The door of ONNX files: QLinear operators, QDQ, QONNX."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

from t2c.common.errors import UserError
from t2c.golden.errors import PackageError
from t2c.importing.errors import RefusedError
from t2c.importing.importer import Import, import_file
from tests.fuzz.doors import Door
from tests.fuzz.folder_damage import Tree
from tests.fuzz.onnx_damage import damaged_model, undamaged

FILE = "net.onnx"


class OnnxDoor(Door):
    """A file that is imported: read, proven, run by golden on an image, reported."""

    refusals = (RefusedError, PackageError, UserError, OSError)

    def trees(self, folder: Path) -> list[Tree]:
        return [{FILE: data} for data in undamaged()]

    def damage(self, tree: Tree, rng: Random) -> tuple[Tree, bool]:
        return {FILE: damaged_model(tree[FILE], rng)}, True

    def read(self, folder: Path) -> Import:
        return import_file(folder / FILE, images=1)

    def meaning(self, found: Import) -> bytes:
        return json.dumps(found.report).encode()
