"""How programs are cut: tiles, groups, batches. That they give golden's tensors is in tests/core_model."""

from __future__ import annotations

from pathlib import Path

from t2c.contract.hardware import Hardware
from t2c.contract.operations import Operation
from t2c.mapping.compiler import compile_largest_batch, compile_program
from t2c.mapping.images import write_program
from tests.core_net import core_package
from tests.random_layers import LayerShape, layer_package


def test_few_channels_share_a_tile() -> None:
    """A 3x3 layer with one channel on 16 rows takes one K tile, not nine."""
    package = layer_package(LayerShape(channels=1, out=4))
    program = compile_program(package.graph, "layer", Hardware(rows=16, cols=4))
    (run,) = (step.descriptor for step in program.steps if step.op is Operation.RUN)
    assert (run.k_tiles, run.taps_per_tile) == (1, 9)
    assert len(program.weights) == 16 * run.col_tiles == 64


def test_groups_visit_only_their_own_channel_words() -> None:
    package = layer_package(LayerShape(channels=16, out=16, groups=16))
    program = compile_program(package.graph, "layer", Hardware(rows=4, cols=4))
    runs = [step.descriptor for step in program.steps if step.op is Operation.RUN]
    assert [run.ch_words for run in runs] == [1, 1, 1, 1]
    assert len(program.weights) == 4 * 9 * 4


def test_the_largest_batch_is_a_divisor_that_fits() -> None:
    """Input and output take 36 + 2 * 36 words an image."""
    graph = layer_package(LayerShape(channels=3, out=6)).graph
    for depth, wanted in ((1 << 10, 6), (6 * 108 - 1, 3), (3 * 108, 3), (3 * 108 - 1, 2), (2 * 108 - 1, 1), (60, 1)):
        hardware = Hardware(rows=4, cols=4, act_depth=depth)
        program = compile_largest_batch(graph, "layer", hardware, 6)
        assert program.batch == wanted, depth
        assert program.words() == compile_program(graph, "layer", hardware, batch=wanted).words()


def test_images_of_another_program_do_not_stay(tmp_path: Path) -> None:
    """A folder whose last program had its constants in memory, and whose next one brings them."""
    graph = core_package().graph
    resident, streamed = (
        compile_program(graph, "all", Hardware(rows=8, cols=8, **depths)) for depths in ({}, {"wgt_depth": 64})
    )
    assert {*write_program(resident, tmp_path)} == {"program", "weights", "params"}
    assert {*write_program(streamed, tmp_path)} == {"program"}
    assert [path.name for path in tmp_path.iterdir()] == ["program.hex"]
