"""Programs for program_sequencer: descriptors of random words, as many as the memory holds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from t2c.common.errors import SettingError
from t2c.contract.descriptor import DESCRIPTOR_WORDS
from t2c.contract.operations import ROW_STEPS, Operation
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.tb.catalogue.unit_table import TableKind, UnitTable

ENDS, UNKNOWN = "ends", "unknown"
UNKNOWN_CODES = (max(Operation) + 1, 15, 16, 0x80, 0x101, 0x1_0002, 0x8000_0003, 0x4000_0000, 0xFFFF_FFFF)
"""Operations that there are none of: beside the largest one, and with a bit far above those that others have."""


def steps(parameters: Mapping[str, int]) -> tuple[Operation, ...]:
    """The operations that begin a step: all but END, and but those of the row engine where there is none."""
    absent = (Operation.END,) if parameters["ROW_STEPS"] else (Operation.END, *ROW_STEPS)
    return tuple(operation for operation in Operation if operation not in absent)


def unknown_codes(parameters: Mapping[str, int]) -> tuple[int, ...]:
    """Operations that stop a program."""
    return UNKNOWN_CODES if parameters["ROW_STEPS"] else (*ROW_STEPS, *UNKNOWN_CODES)


class ProgramTable(TableKind):
    """A program. "ends": its last step is END; "unknown": an operation that does not exist."""

    plusarg = "program"
    parameter = "PROGRAM_FILE"
    names = (ENDS, UNKNOWN)

    def made(self, name: str, parameters: Mapping[str, int], rng: np.random.Generator) -> UnitTable:
        """See TableKind. The first step is a LOAD, after it all operations follow in random order."""
        count = parameters["DEPTH"] // DESCRIPTOR_WORDS
        words = rng.integers(0, 1 << 32, (count, DESCRIPTOR_WORDS))
        words[:, 1:][rng.random((count, DESCRIPTOR_WORDS - 1)) < 0.1] = 0
        words[:, 1:][rng.random((count, DESCRIPTOR_WORDS - 1)) < 0.1] = (1 << 32) - 1
        words[:, 0] = rng.permuted(np.resize(steps(parameters), count))
        words[0, 0] = Operation.LOAD
        words[-1, 0] = Operation.END if name == ENDS else rng.choice(unknown_codes(parameters))
        return UnitTable(entries=words.reshape(-1))

    def from_entries(self, entries: IntArray, parameters: Mapping[str, int]) -> UnitTable:
        """See TableKind."""
        descriptors = entries.reshape(-1, DESCRIPTOR_WORDS) if len(entries) % DESCRIPTOR_WORDS == 0 else entries[:0]
        ends = [op for op in descriptors[:, 0].tolist() if op not in steps(parameters)] if descriptors.size else []
        if not ends or descriptors[0, 0] != Operation.LOAD:
            text = "a program is descriptors of {} words, a LOAD first, one of them END or unknown"
            raise ValueError(text.format(DESCRIPTOR_WORDS))
        return UnitTable(entries=entries, parameters={"DEPTH": max(len(entries), parameters["DEPTH"])})

    def from_node(self, graph: Graph, node: Node) -> UnitTable:
        """See TableKind."""
        text = "{layer} = {node.name!r}: {unit} = program_sequencer takes a program, of which a node has none"
        raise SettingError(text, {"node": node})
