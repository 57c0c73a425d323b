"""Tables that a unit is given at run time, and where they come from; each table unit has a kind of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node

TABLE_FILE = "table.hex"
"""Name of the table in the folder of a run."""


@dataclass(frozen=True, kw_only=True, eq=False)
class UnitTable:
    """entries: bit patterns; parameters: of the unit, as the table asks for them; settings: how it was asked for."""

    entries: IntArray
    parameters: Mapping[str, int] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """The table as $readmemh reads it."""
        return "".join(f"{entry:x}\n" for entry in self.entries.tolist())

    def write(self, folder: Path) -> Path:
        """Write the table for $readmemh and return its path."""
        path = folder / TABLE_FILE
        path.write_text(self.text())
        return path


def read_entries(folder: Path = Path()) -> IntArray:
    """What `UnitTable.write` wrote into the folder of a run."""
    return np.array([int(line, 16) for line in (folder / TABLE_FILE).read_text().split()], dtype=np.int64)


class TableKind(ABC):
    """How a table unit comes to its table.

    plusarg: by which the unit gets the table's path in simulation; parameter: of the unit, which names that file in
    synthesis; names: of tables that are made here, the bench's own first.
    """

    plusarg: ClassVar[str]
    parameter: ClassVar[str] = "TABLE_FILE"
    names: ClassVar[tuple[str, ...]]

    @abstractmethod
    def made(self, name: str, parameters: Mapping[str, int], rng: np.random.Generator) -> UnitTable:
        """Make the table of one of `names` for the unit's parameters, all of them."""

    @abstractmethod
    def from_entries(self, entries: IntArray, parameters: Mapping[str, int]) -> UnitTable:
        """Make a table of a user's entries; the unit gets wider than its parameters say where they need it.

        Raises:
            ValueError: they are no such table.
        """

    @abstractmethod
    def from_node(self, graph: Graph, node: Node) -> UnitTable:
        """Take a node's table and the unit's parameters.

        Raises:
            SettingError: the node has no table for this unit, or wants what the unit does not have.
        """
