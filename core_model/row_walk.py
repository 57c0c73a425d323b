"""Pure address arithmetic of a SOFTMAX or LAYER_NORM: where each element of a row is read, where each result goes.

The only place that has it, as `walk` has that of a RUN. It is written after rtl/row_engine.v.
"""

from __future__ import annotations

import numpy as np

from t2c.contract.descriptor import Descriptor
from t2c.contract.hardware import Hardware
from t2c.golden.arithmetic.formats import IntArray


def element_places(descriptor: Descriptor, hardware: Hardware) -> tuple[IntArray, IntArray]:
    """(address, bank) of each element: (rows, row_length), not yet modulo the memory's size, and (row_length,)."""
    word, bank = np.divmod(np.arange(descriptor.row_length), hardware.rows)
    return descriptor.origin + np.arange(descriptor.out_pixels)[:, np.newaxis] * descriptor.row_step + word, bank


def row_groups(descriptor: Descriptor, hardware: Hardware) -> int:
    """Result words of a row: ceil(row_length / COLS)."""
    return -(-descriptor.row_length // hardware.cols)


def result_places(descriptor: Descriptor, hardware: Hardware) -> tuple[IntArray, IntArray]:
    """(address, group) of each result word, each (results,), row after row, in order.

    Addresses are not yet taken modulo the memory's size; group g is the banks g * COLS .. g * COLS + COLS - 1.
    """
    return _places(descriptor, hardware, row_groups(descriptor, hardware))


def written_places(descriptor: Descriptor, hardware: Hardware) -> tuple[IntArray, IntArray]:
    """The same with the groups that get 0 beside the last one of a row, so that memory words are whole."""
    words = -(-descriptor.row_length // hardware.rows)
    return _places(descriptor, hardware, words * hardware.groups)


def _places(d: Descriptor, hardware: Hardware, groups: int) -> tuple[IntArray, IntArray]:
    word, group = np.divmod(np.arange(groups), hardware.groups)
    address = d.out_base + np.arange(d.out_pixels)[:, np.newaxis] * d.out_step + word
    return address.reshape(-1), np.tile(group, d.out_pixels)


def parameter_words(descriptor: Descriptor, hardware: Hardware) -> IntArray:
    """Addresses of a LAYER_NORM's parameter words, that of channels 0 .. COLS - 1 first."""
    return np.asarray(descriptor.param_base + np.arange(row_groups(descriptor, hardware)))
