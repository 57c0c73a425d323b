"""Random networks of joins, views, constant operands and layers that read them, on random cores: golden's words, or a
refusal by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from t2c.contract.hardware import Hardware
from t2c.golden.errors import RangeError, ShapeError, UnsupportedError
from t2c.golden.graph.package import Package
from t2c.golden.nodes.add import Add
from t2c.golden.nodes.add_constant import AddConstant
from t2c.golden.nodes.concat import Concatenate
from t2c.golden.nodes.concat_constant import ConcatConstant
from t2c.golden.nodes.max_pool2d import MaxPool2d
from t2c.golden.nodes.reshape import Reshape
from t2c.golden.nodes.slice import Slice
from t2c.golden.nodes.transpose import Transpose
from t2c.mapping.compiler import compile_program
from tests.core_model.running import run_and_hold_to_golden
from tests.view_nets import constant, conv, image_net, signed_edge

SEEDS = 120
CORES = ((8, 8), (4, 4), (8, 4), (2, 1), (16, 8), (5, 5))


class RandomJoins:
    """A network that grows by random nodes over its maps. One draw in some is not legal, and adds nothing."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.net = image_net(3, 4, 4, seed=seed)
        self.channels = int(self.rng.choice([2, 4, 5, 8, 8, 16]))
        conv(self.net, "e0", "x", self.channels)
        conv(self.net, "e1", "e0", self.channels, 3, padding=(1, 1))
        self.maps = ["e0", "e1"]
        kinds: tuple[Callable[[str, str], None], ...] = (
            self.conv, self.conv, self.join, self.join, self.join, self.add, self.add, self.pool, self.slice,
            self.join_constant, self.add_constant, self.reshape, self.turn,
        )  # fmt: skip
        for number in range(2, int(self.rng.integers(5, 12))):
            try:
                kinds[int(self.rng.integers(len(kinds)))](f"e{number}", self.any_of(self.maps))
            except (RangeError, ShapeError):
                continue
            self.maps.append(f"e{number}")

    def any_of(self, names: list[str]) -> str:
        return names[int(self.rng.integers(len(names)))]

    def shape(self, name: str) -> tuple[int, ...]:
        return self.net.edges[name].shape

    def conv(self, name: str, source: str) -> None:
        conv(self.net, name, source, int(self.rng.choice([self.channels, 4])), int(self.rng.integers(1, 3)))

    def pool(self, name: str, source: str) -> None:
        self.net.node(MaxPool2d, signed_edge(name), source, kernel=(1, 1), stride=(1, 1))

    def add(self, name: str, source: str) -> None:
        other = self.any_of([each for each in self.maps if self.shape(each) == self.shape(source)])
        self.net.node(Add, signed_edge(name), source, other)

    def slice(self, name: str, source: str) -> None:
        axis = int(self.rng.integers(3))
        start = int(self.rng.integers(self.shape(source)[axis]))
        length = int(self.rng.integers(1, self.shape(source)[axis] - start + 1))
        self.net.node(Slice, signed_edge(name), source, axis=axis, start=start, length=length)

    def join(self, name: str, source: str) -> None:
        axis, parts = int(self.rng.choice([0, 1, 1, 2])), [source]
        others = [i for i in range(3) if i != axis]
        fitting = [each for each in self.maps if all(self.shape(each)[i] == self.shape(source)[i] for i in others)]
        parts += [self.any_of(fitting) for _ in range(int(self.rng.integers(1, 3)))]
        self.rng.shuffle(parts)
        self.net.node(Concatenate, signed_edge(name), *parts, axis=axis)

    def join_constant(self, name: str, source: str) -> None:
        axis, shape = int(self.rng.integers(3)), list(self.shape(source))
        shape[axis] = int(self.rng.integers(1, 4))
        held, first = constant(self.net, source, tuple(shape)), bool(self.rng.integers(2))
        self.net.node(ConcatConstant, signed_edge(name), source, axis=axis, first=first, constant=held)

    def add_constant(self, name: str, source: str) -> None:
        held = constant(self.net, source, self.shape(source))
        self.net.node(AddConstant, signed_edge(name), source, constant=held)

    def reshape(self, name: str, source: str) -> None:
        channels, height, width = self.shape(source)
        self.net.node(Reshape, signed_edge(name), source, shape=(channels, height * width, 1))

    def turn(self, name: str, source: str) -> None:
        self.net.node(Transpose, signed_edge(name), source, axes=(0, 2, 1))

    def package(self) -> Package:
        """Its output is that of any node."""
        made = self.net.package("random-joins")
        return replace(made, graph=replace(made.graph, output=self.any_of(self.maps)))


@pytest.mark.slow
def test_random_joins_give_goldens_words_or_are_refused_by_name() -> None:
    ran = spilled = 0
    for seed in range(SEEDS):
        rng, package = np.random.default_rng(seed), RandomJoins(seed).package()
        rows, cols = CORES[int(rng.integers(len(CORES)))]
        depth = int(rng.choice([1 << 12, int(rng.integers(40, 300))]))
        hardware = Hardware(rows=rows, cols=cols, act_depth=depth, wgt_depth=int(rng.choice([1 << 12, 400])))
        try:
            program = compile_program(package.graph, "all", hardware, batch=2 if depth == 1 << 12 else 1)
        except UnsupportedError as refusal:
            assert re.match(r"layer 'e\d+': ", str(refusal)), (seed, refusal)  # noqa: PT017
            continue
        run_and_hold_to_golden(package, program)
        ran, spilled = ran + 1, spilled + bool(program.spilled)
    assert ran > SEEDS // 3, ran
    assert spilled > SEEDS // 40, spilled
