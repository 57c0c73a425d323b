"""Random programs of steps on the model and on a core in plain Python: every result word and every stored word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from t2c.contract.operations import Operation
from t2c.core_model import ProgramError, engine, mover, walk
from t2c.core_model.memories import Memories
from t2c.core_model.move_walk import Origins
from t2c.core_model.stream_words import numbers_of
from t2c.tb.random_programs.builds import BUILDS
from t2c.tb.random_programs.campaign import random_program
from t2c.tb.random_programs.core_program import CoreProgram, expect
from tests.core_model.plain_core import PlainCore

STEPS = 25
LENGTH = 10
SEEDS = range(1, 9)
"""Of the programs in which a fault of the model is looked for."""


@cache
def made(build: str, seed: int) -> CoreProgram:
    """A program of short steps that ends with END."""
    rng = np.random.default_rng([seed, 77])
    while True:
        program = random_program(f"plain-{build}", BUILDS[build], rng, STEPS, length=LENGTH)
        if program.steps[-1].op is Operation.END:
            return program


@cache
def lines(program: CoreProgram) -> tuple[bytes, bytes, bytes]:
    """Trace, values before tables and output as the harness writes them, from the plain core."""
    core, h = PlainCore(program.hardware), program.hardware
    core.run(program.code, iter(numbers_of(program.words)))
    width = h.rows + 24 + h.cols * h.x_w
    trace = []
    for address, group, values in core.trace:
        data = sum(value << (column * h.x_w) for column, value in enumerate(values))
        banks = ((1 << h.cols) - 1) << (group * h.cols)
        trace.append(f"{(banks << 24 | address) << (h.cols * h.x_w) | data:0{-(-width // 4)}x}\n")
    digits = -(-(h.rows * h.x_w + 1) // 4)
    output = [f"{last << (h.rows * h.x_w) | word:0{digits}x}\n" for word, last in core.output]
    digits = -(-h.cols * h.x_w // 4)
    passed = [sum(value << (column * h.x_w) for column, value in enumerate(values)) for values in core.before]
    before = [f"{word:0{digits}x}\n" for word in passed]
    return "".join(trace).encode(), "".join(before).encode(), "".join(output).encode()


def modelled(program: CoreProgram) -> tuple[bytes, bytes, bytes]:
    """The same from the model."""
    expected = expect(program)
    return expected.trace, expected.before, expected.output


def differs(build: str, seed: int) -> bool:
    program = made(build, seed)
    came = modelled(program)
    assert len(came[0]) > 1000
    assert came[1]
    return came != lines(program)


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("build", BUILDS)
def test_the_model_is_the_plain_core(build: str) -> None:
    assert not differs(build, 1)


FAULTS: dict[str, tuple[Any, str, Callable[[Any], Any]]] = {
    "rounding": (engine, "round_shift", lambda real: lambda p, shift, mode: real(p, shift, mode) + (shift % 8 == 5)),
    "weight row": (walk, "weight_row", lambda real: lambda d, h, t, k: real(d, h, t, np.asarray(k) % 2)),
    "parameter word": (
        walk,
        "parameter_word",
        lambda real: lambda d, t, second=False: real(d, np.asarray(t) % 2, second=second),
    ),
    "result": (walk, "result_places", lambda real: lambda d, h: (real(d, h)[0] + (d.images > 2), real(d, h)[1])),
    "page": (
        Memories,
        "table_entries",
        lambda real: lambda memories, place, address: real(memories, place, address ^ 3),
    ),
    "padding": (walk, "padding_operand", lambda real: lambda d, h: real(d, h) + 1),
    "moved token": (mover, "origins", lambda real: lambda d, h: _without(real(d, h), token=1)),
    "moved bank": (mover, "origins", lambda real: lambda d, h: _without(real(d, h), bank=d.lane_last)),
}


def _without(origin: Origins, **fields: int) -> Origins:
    """The same, where no weight comes from a token or from a bank of that number."""
    ((name, value),) = fields.items()
    return replace(origin, inside=origin.inside & (getattr(origin, name) != value))


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_model_is_seen(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By one of a few programs: what a single one draws may miss it."""
    module, name, change = FAULTS[fault]
    programs = [made("small", seed) for seed in SEEDS]
    monkeypatch.setattr(module, name, change(getattr(module, name)))
    assert any(_seen(program) for program in programs)


def _seen(program: CoreProgram) -> bool:
    """Whether the model, in which a fault is, differs from the plain core."""
    try:
        came = modelled(program)
    except ProgramError:  # a program that the model had found legal
        return True
    return came != lines(program)


@pytest.mark.slow
def test_no_fault_is_seen_where_there_is_none() -> None:
    assert not any(_seen(made("small", seed)) for seed in SEEDS)
