"""What a step writes to the activation memory: groups of COLS lanes, one word after another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.contract.descriptor import Descriptor
from t2c.contract.hardware import Hardware
from t2c.contract.operations import ROW_STEPS
from t2c.core_model.errors import Place
from t2c.core_model.memories import Memory
from t2c.core_model.row_walk import result_places as row_places
from t2c.core_model.walk import result_places as run_places
from t2c.golden.arithmetic.formats import IntArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Results:
    """The result words of a step, in the order in which they are written.

    address: (results,) in the activation memory; group: (results,) banks group * COLS .. group * COLS + COLS - 1;
    values: (results, COLS) uint8, raw X_W bits; before: the same before they passed a table, None if they pass none.
    """

    address: IntArray
    group: IntArray
    values: npt.NDArray[np.uint8]
    before: npt.NDArray[np.uint8] | None = None

    def check(self, hardware: Hardware, place: Place) -> None:
        """Refuse results outside the memory.

        Raises:
            ProgramError: there is one.
        """
        beyond = self.address >= hardware.act_depth
        if beyond.any():
            text = f"a result goes beyond the {hardware.act_depth} words of the memory"
            raise place.error("out_base", text, int(self.address[int(beyond.argmax())]))

    def of(self, banks: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """What the results' places hold in an array (ACT_DEPTH, ROWS): (results, COLS)."""
        return self._grouped(banks)[self.address, self.group]

    def write(self, memory: Memory) -> None:
        """Write them to the activation memory, one after another."""
        for banks, values in ((memory.words, self.values), (memory.known, True)):
            self._grouped(banks)[self.address, self.group] = values

    def _grouped(self, banks: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return banks.reshape(len(banks), -1, self.values.shape[1])


def result_places(descriptor: Descriptor, hardware: Hardware) -> tuple[IntArray, IntArray]:
    """(address, group) of each result word of a step that gives some, each (results,), in order.

    Addresses are not yet taken modulo the memory's size; group g is the banks g * COLS .. g * COLS + COLS - 1.
    """
    return (row_places if descriptor.op in ROW_STEPS else run_places)(descriptor, hardware)


def wrapped(address: IntArray, hardware: Hardware) -> IntArray:
    """Addresses modulo the power of two above the activation memory's depth."""
    return np.asarray(address & ((1 << hardware.act_addr_w) - 1))
