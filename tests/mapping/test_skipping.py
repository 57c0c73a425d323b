"""What the compiler makes of blocks of zeros: other runs, fewer cycles and weight rows. tests/core_model runs it."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from t2c.contract import pipeline
from t2c.contract.hardware import Hardware
from t2c.contract.operations import Operation
from t2c.contract.schedule import fill_cycles
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.package import Package
from t2c.mapping.compiler import compile_program
from t2c.mapping.cycles import total_cycles
from t2c.mapping.program import Program
from tests.conftest import ROOT
from tests.random_layers import LayerShape, layer_package
from tests.sparse_layers import CONV, LINEAR, dense, pruned_layer, with_weights

SMALL = Hardware(rows=4, cols=4)
RUN = SMALL.rows + fill_cycles(SMALL) + pipeline.TURN
"""What one more RUN costs."""
TILE = 36
"""Cycles of a tile of CONV: one a pixel."""


def compiled(package: Package, hardware: Hardware = SMALL, *, batch: int = 1) -> Program:
    return compile_program(package.graph, "layer", hardware, batch=batch)


def runs_of(program: Program) -> list[tuple[int, int, int]]:
    """First column tile, first channel word and channel words of each RUN."""
    runs = [step.work.run for step in program.steps if step.op is Operation.RUN and step.work]
    return [(run.first_tile, run.first_word, run.words) for run in runs]


def saved(package: Package, hardware: Hardware = SMALL, *, batch: int = 1) -> int:
    """Cycles that the same layer takes more without zeros."""
    programs = (compiled(each, hardware, batch=batch) for each in (dense(package), package))
    whole, shorter = (total_cycles(program) for program in programs)
    return whole - shorter


@pytest.mark.parametrize(
    ("rows", "runs", "cycles", "tiles"),
    [
        # rows of filters; first column tile, channel word and channel words of each RUN; cycles saved; tiles left
        ((".xxx",) * 3, [(0, 1, 3)], 27 * TILE, 81),
        (("xxx.",) * 3, [(0, 0, 3)], 27 * TILE, 81),
        (("x..x",) * 3, [(tile, word, 1) for tile in range(3) for word in (0, 3)], 54 * TILE - 5 * RUN, 54),
        (("x.x.",) * 3, [(tile, word, 1) for tile in range(3) for word in (0, 2)], 54 * TILE - 5 * RUN, 54),
        (("xxxx", "xxxx", "xx.."), [(0, 0, 4), (2, 0, 2)], 18 * TILE - RUN, 90),
        (("xxxx", "..xx", "xxxx"), [(0, 0, 4), (1, 2, 2), (2, 0, 4)], 18 * TILE - 2 * RUN, 90),
        (("xxxx", "....", "xxxx"), [(0, 0, 4), (1, 0, 1), (2, 0, 4)], 27 * TILE - 2 * RUN, 81),
        (("....",) * 3, [(0, 0, 1)], 81 * TILE, 27),
    ],
    ids=["first", "last", "middle", "alternating", "last tile", "middle tile", "whole filters", "all"],
)
def test_blocks_of_zeros(rows: tuple[str, ...], runs: list[tuple[int, int, int]], cycles: int, tiles: int) -> None:
    """Runs, cycles and weight memory to the number that the schedule says."""
    package = pruned_layer(CONV, *rows)
    program = compiled(package)
    assert runs_of(program) == runs
    assert saved(package) == cycles
    assert len(program.weights) == tiles * SMALL.rows
    assert program.macs == tiles * SMALL.rows * SMALL.cols * TILE


def test_runs_of_a_column_tile_add_up() -> None:
    steps = [step.descriptor for step in compiled(pruned_layer(CONV, "x.x.", "xxxx", "xxxx")).steps]
    flags = [(step.keep, step.hold) for step in steps if step.op is Operation.RUN]
    assert flags == [(0, 1), (1, 0), (0, 0)]


def test_zeros_that_cost_less_than_a_run_stay() -> None:
    """A 1x1 layer on 16 pixels: a tile takes 16 cycles, one more RUN 27; the end of K costs nothing to leave out."""
    package = pruned_layer(replace(CONV, channels=32, kernel=(1, 1), padding=(0, 0), size=(4, 4)), "x.x.x.x.")
    program = compiled(package)
    assert runs_of(program) == [(0, 0, 7)]
    assert saved(package) == 3 * 16 < RUN * 3


def test_tiles_with_other_zeros_share_a_run_where_that_is_cheaper() -> None:
    package = pruned_layer(replace(CONV, kernel=(1, 1), padding=(0, 0), size=(4, 4)), ".xxx", "xxx.", "xxxx")
    assert runs_of(compiled(package)) == [(0, 0, 4)]
    assert saved(package) == 0


def test_a_linear_layer_with_zeros_in_the_middle() -> None:
    """A tile of one pixel takes 4 cycles; 32 channel words less are worth a RUN of their own."""
    package = pruned_layer(LINEAR, "x..x", "xxxx", "xxxx")
    assert runs_of(compiled(package)) == [(0, 0, 16), (0, 48, 16), (1, 0, 64)]
    assert saved(package) == 32 * 4 - 2 * RUN + 2 * (4 - 1)


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_zeros_without_blocks_save_nothing(share: float) -> None:
    """Each tile has a weight that is not 0, and the program is that of the dense layer, word by word."""
    rng = np.random.default_rng(1)
    whole = layer_package(CONV)
    sparse = with_weights(whole, lambda weight: np.where(rng.random(weight.shape) < share, 0, weight))
    assert compiled(sparse).words() == compiled(dense(whole)).words()


def test_several_column_tiles_of_a_memory_word_go_together() -> None:
    """ROWS = 2 COLS: what all 8 filters of a memory word leave out; the accumulators hold no sums of two tiles."""
    hardware = Hardware(rows=8, cols=4)
    shape = replace(CONV, channels=32, out=16)
    assert runs_of(compiled(pruned_layer(shape, "x..x", "x..x", "xx..", ".x.."), hardware)) == [(0, 0, 4), (2, 0, 2)]


def test_more_pixels_than_accumulators() -> None:
    """Sums over two runs take 10 pixels, so one row of 6, at a time: 36 RUNs in place of one."""
    package = pruned_layer(replace(CONV, channels=64), *("x..x",) * 3)
    hardware = replace(SMALL, acc_depth=10)
    heights = [step.descriptor.out_h for step in compiled(package, hardware).steps if step.op is Operation.RUN]
    assert heights == [1] * 36
    assert saved(package, hardware) == 3 * 8 * 9 * TILE - 35 * RUN


def test_strips_do_not_get_lower() -> None:
    """Sums over two runs would take 2 rows of 6 at a time, and load what strips share more often."""
    package = pruned_layer(CONV, *("x..x",) * 3)
    hardware = replace(SMALL, act_depth=240, acc_depth=12)
    program = compiled(package, hardware)
    assert [step.descriptor.out_h for step in program.steps if step.op is Operation.RUN] == [3, 3]
    assert program.words() == compiled(dense(package), hardware).words()


def test_strips_that_are_low_already() -> None:
    """Where the dense layer splits K itself, its strips are as low as sums over two runs want them."""
    package = pruned_layer(CONV, *("x..x",) * 3)
    assert saved(package, replace(SMALL, act_depth=240, acc_depth=12, wgt_depth=72)) > 54 * TILE


def test_several_images_have_no_sums_over_two_runs() -> None:
    package = pruned_layer(CONV, *("x.x.",) * 3)
    assert runs_of(compiled(package, batch=2)) == [(0, 0, 3)]
    assert saved(package, batch=2) == 27 * 2 * TILE


def test_weights_that_fit_only_without_zeros() -> None:
    """The dense layer brings its weights; the sparse one has them in the memory."""
    package = pruned_layer(CONV, *("x..x",) * 3)
    hardware = replace(SMALL, wgt_depth=54 * 4)
    assert len(compiled(package, hardware).weights) == 54 * 4
    assert len(compiled(dense(package), hardware).weights) == 0


def test_weights_that_are_brought_piece_by_piece() -> None:
    """Zeros are not brought either."""
    package = pruned_layer(CONV, *("x..x",) * 3)
    hardware = replace(SMALL, wgt_depth=36)
    brought = [
        sum(step.descriptor.words for step in compiled(each, hardware).steps if step.op is Operation.WEIGHTS)
        for each in (dense(package), package)
    ]
    assert brought == [108 * 4, 54 * 4]
    assert saved(package, hardware) > 54 * (TILE + 4)


def test_a_program_memory_too_small_for_more_runs() -> None:
    """First those are not there that save less than 1,000 cycles, then none but that of the dense layer."""
    package = pruned_layer(replace(CONV, channels=64), "x........xxxxx.x", *("x" * 16,) * 2)
    most = compiled(package)
    least = len(compiled(dense(package)).words())
    rest = [(1, 0, 16)]
    assert runs_of(most) == [(0, 0, 1), (0, 9, 5), (0, 15, 1), *rest]
    fewer = compiled(package, replace(SMALL, prg_depth=len(most.words()) - 1))
    assert runs_of(fewer) == [(0, 0, 1), (0, 9, 7), *rest]
    assert runs_of(compiled(package, replace(SMALL, prg_depth=least))) == [(0, 0, 16)]
    with pytest.raises(UnsupportedError, match=f"^the program has {least} words, PRG_DEPTH = {least - 1}$"):
        compiled(package, replace(SMALL, prg_depth=least - 1))


def test_the_example_of_the_page(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs" / "compiler.md").read_text()
    source, shown = re.findall(r"```python\n((?s:.*?))```\n((?:\n|    .*\n)*)", page)[1]
    monkeypatch.chdir(ROOT)
    exec(source, {})
    assert capsys.readouterr().out.split() == shown.split()


def test_a_depthwise_layer_stays_as_it_is() -> None:
    """A tile has other filters beside one of zeros."""
    shape = LayerShape(channels=16, out=16, groups=16)
    package = with_weights(layer_package(shape), lambda w: w * (np.arange(16) % 4 > 0).reshape(-1, 1, 1, 1))
    assert compiled(package).words() == compiled(dense(layer_package(shape))).words()
