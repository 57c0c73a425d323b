"""Adds SOFTMAX and LAYER_NORM steps to a program, with all that they read."""

from __future__ import annotations

import numpy as np

from t2c.contract.descriptor import Descriptor
from t2c.contract.field_kinds import TABLE_BITS
from t2c.contract.operations import Combine, Operation
from t2c.core_model import ProgramError, row_walk
from t2c.core_model.errors import Place
from t2c.core_model.results import wrapped
from t2c.core_model.rows import Rows
from t2c.golden.arithmetic.formats import IntArray
from t2c.tb.random_programs.builder import Builder
from t2c.tb.random_programs.constants import constants_for


def add_rows(builder: Builder, step: Descriptor) -> bool:
    """Add a step of rows; false if it is not legal here."""
    hardware = builder.hardware
    if not builder.bring_activations(lambda: [wrapped(row_walk.element_places(step, hardware)[0], hardware)]):
        return False
    engine = Rows(builder.memories, step, Place(step=len(builder.steps), operation=step.op.name, layer=step.layer))
    try:
        if step.op is Operation.SOFTMAX:
            brought = _bring_exponentials(builder, step)
        else:
            brought = _bring_constants(builder, step, engine.normalised(engine.elements()))
        if brought:
            engine.run()
    except ProgramError:
        return False
    if brought:
        builder.steps.append(step)
    return brought


def exponentials(rng: np.random.Generator, size: int, bits: int) -> IntArray:
    """A table of that many entries of up to `bits` bits, (size, 1), the first at least 1: one that falls, or any."""
    top = (1 << bits) - 1
    manner = int(rng.integers(6))
    if manner < 2:
        values = np.round(top * np.exp(-(2.0 ** rng.uniform(-8, 2)) * np.arange(size))).astype(np.int64)
    elif manner == 2:
        values = rng.integers(0, top + 1, size)
    elif manner == 3:
        values = np.full(size, top)
    elif manner == 4:
        values = np.where(rng.random(size) < 0.2, 1, 0)
    else:
        values = rng.integers(0, top + 1, size) >> rng.integers(0, bits, size)
    values[0] = max(values[0], 1)
    return np.asarray(values, np.int64)[:, np.newaxis]


def _bring_exponentials(builder: Builder, step: Descriptor) -> bool:
    """TABLES of a page whose entries suit the step, unless those there do and chance leaves them."""
    hardware, memory = builder.hardware, builder.memories.tables
    size, bits = 1 << hardware.x_w, min(TABLE_BITS, step.reciprocal_bits - step.result_bits)
    base = _address(step.table_page * size, size, hardware.tbl_depth)
    if base is None:
        return False
    page = slice(base, base + size)
    suits = memory.known[page].all() and memory.words[base, 0] and int(memory.words[page].max()).bit_length() <= bits
    if not suits or builder.rng.random() < builder.renew:
        builder.load(Operation.TABLES, base, exponentials(builder.rng, size, bits))
    return True


def _bring_constants(builder: Builder, step: Descriptor, t: IntArray) -> bool:
    """PARAMS with which results depend on each bit of a normalised element (rows, row_length)."""
    hardware = builder.hardware
    words = row_walk.row_groups(step, hardware)
    base = _address(step.param_base, words, hardware.par_depth)
    if base is None:
        return False
    padded = np.zeros((len(t), words * hardware.cols), np.int64)
    padded[:, : t.shape[1]] = t
    sums = padded.reshape(len(t), words, hardware.cols).transpose(1, 0, 2)
    builder.load(Operation.PARAMS, base, constants_for(builder.rng, sums[: hardware.par_depth], Combine.SUM, hardware))
    return True


def _address(wanted: int, words: int, depth: int) -> int | None:
    """Where words from a wanted address on lie in a memory; None if some lie beyond it."""
    base = wanted & ((1 << (depth - 1).bit_length()) - 1)
    return base if depth & (depth - 1) == 0 or base + words <= depth else None
