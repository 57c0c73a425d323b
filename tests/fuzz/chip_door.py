"""The description of what a chip can do, damaged."""

from __future__ import annotations

import pickle
from pathlib import Path
from random import Random
from typing import Any

from t2c.common.errors import UserError
from t2c.common.places import EXAMPLES
from t2c.golden.target.description import load_chip
from tests.fuzz.byte_damage import damaged
from tests.fuzz.doors import Door
from tests.fuzz.folder_damage import Tree

WHOLE = b"""multiplier: {bits: 12, signed: false, power_of_two: true}
order: bias_first
saturate: {operand: 16, sum: 40}
clip: relu
weights: 4
reference: {conv1: mine.py:conv, 'op:add': mine.py:add}
"""
"""With the fields that the examples do not have."""


class ChipDoor(Door):
    """Each field is read or refused in a line that names the file."""

    refusals = (UserError,)

    def trees(self, folder: Path) -> list[Tree]:
        texts = [path.read_bytes() for path in sorted((EXAMPLES / "targets").glob("*.yaml"))]
        return [{"chip.yaml": text} for text in (*texts, WHOLE)]

    def damage(self, tree: Tree, rng: Random) -> tuple[Tree, bool]:
        return {"chip.yaml": damaged(tree["chip.yaml"], rng)}, True

    def read(self, folder: Path) -> Any:
        return load_chip(folder / "chip.yaml")

    def meaning(self, found: Any) -> bytes:
        return pickle.dumps(found)
