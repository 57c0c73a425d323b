"""Pointwise tables on the model of the core: behind MulQuant of the node before, or by themselves."""

from __future__ import annotations

import numpy as np
import pytest

from t2c.contract.hardware import Hardware
from t2c.contract.operations import Operation
from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.arithmetic.pointwise import PointwiseTable
from t2c.golden.errors import RangeError, UnsupportedError
from t2c.golden.graph.package import Package
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.add import Add
from t2c.golden.nodes.average_pool2d import AveragePool2d
from t2c.golden.nodes.conv2d import Conv2d
from t2c.golden.nodes.flatten import Flatten
from t2c.golden.nodes.linear import Linear
from t2c.golden.nodes.max_pool2d import MaxPool2d
from t2c.golden.nodes.pointwise import Pointwise
from t2c.mapping.compiler import ALL, compile_program
from tests.core_model.running import run_and_hold_to_golden
from tests.core_net import Net

CORES = {
    "8x8": Hardware(rows=8, cols=8),
    "8x4": Hardware(rows=8, cols=4),
    "strips": Hardware(rows=8, cols=4, act_depth=90),
    "streamed": Hardware(rows=8, cols=4, wgt_depth=130, par_depth=8, tbl_depth=256),
}
FUSED = {"stem": "gelu", "sum": "after_sum", "mean": "after_mean", "largest": "after_largest", "head": "last"}
"""Each has a reader, which is a table and alone."""
ALONE = ("first", "again", "shared_table", "flat_table")
"""Behind the input, a table, a tensor with two readers, a view."""


def edge(name: str, *shape: int, bits: int = 8, signed: bool = True, zero_point: int = 0) -> TensorSpec:
    return TensorSpec(name=name, shape=shape, bits=bits, signed=signed, zero_point=zero_point)


def any_table(rng: np.random.Generator, bits: int, output: IntFormat) -> PointwiseTable:
    """A table in which every entry is random."""
    return PointwiseTable(entries=rng.integers(output.lo, output.hi + 1, 1 << bits), output=output)


def table_package() -> Package:
    """Tables wherever one can stand, of 3 to 8 bits, signed and unsigned."""
    net = Net(edge("x", 3, 6, 6, bits=7, signed=False, zero_point=5), 3, 11)

    def table(source: str, *, name: str, bits: int = 8, signed: bool = True, zero_point: int = 0) -> None:
        made = edge(name, *net.edges[source].shape, bits=bits, signed=signed, zero_point=zero_point)
        net.node(Pointwise, made, source, pointwise=any_table(net.rng, net.edges[source].bits, made.format))

    table("x", name="first", bits=6, signed=False)
    table("first", name="again", bits=8, zero_point=-3)
    net.node(Conv2d, edge("stem", 10, 6, 6, bits=5), "again", **net.weight(8, 10, 3, 3, 3), padding=(1, 1))
    table("stem", name="gelu", bits=8, zero_point=7)
    net.node(Conv2d, edge("two", 10, 6, 6, bits=6), "gelu", **net.weight(8, 10, 10, 1, 1))
    table("two", name="shared_table", bits=7)
    net.node(Add, edge("sum", 10, 6, 6, bits=7), "two", "shared_table")
    table("sum", name="after_sum", bits=8, signed=False, zero_point=100)
    net.node(
        AveragePool2d,
        edge("mean", 10, 3, 3, bits=6, signed=False),
        "after_sum",
        kernel=(2, 2),
        stride=(2, 2),
        channels=1,
    )
    table("mean", name="after_mean", bits=4)
    largest = edge("largest", 10, 2, 2, bits=4)
    net.node(MaxPool2d, largest, "after_mean", kernel=(2, 2), stride=(1, 1))
    table("largest", name="after_largest", bits=3)
    net.node(Flatten, edge("flat", 40, bits=3), "after_largest")
    table("flat", name="flat_table", bits=8)
    net.node(Linear, edge("head", 4), "flat_table", **net.weight(8, 4, 40))
    table("head", name="last", bits=8)
    return net.package("tables")


@pytest.fixture(scope="module")
def package() -> Package:
    return table_package()


@pytest.mark.parametrize("core", CORES)
def test_every_tensor_of_the_network(package: Package, core: str) -> None:
    program = compile_program(package.graph, ALL, CORES[core])
    assert {name: node.name for name, node in program.tables_of.items()} == FUSED
    assert set(ALONE) <= set(program.plans)
    steps = [step for step in program.steps if step.op is Operation.TABLES]
    assert bool(steps) == (core == "streamed") == (not len(program.tables))
    assert bool(program.spilled) == (core == "strips")
    run_and_hold_to_golden(package, program)


@pytest.mark.parametrize("layer", [*FUSED, *FUSED.values(), *ALONE])
def test_every_layer_by_itself(package: Package, layer: str) -> None:
    for batch in (1, 2):
        program = compile_program(package.graph, layer, CORES["8x4"], batch=batch)
        assert not program.tables_of
        run_and_hold_to_golden(package, program)


def test_a_fused_table_costs_no_cycle(package: Package) -> None:
    program = compile_program(package.graph, ALL, CORES["8x4"])
    layers = {program.layer_names[step.descriptor.layer] for step in program.steps}
    assert not layers & set(FUSED.values())
    alone = compile_program(package.graph, "stem", CORES["8x4"])
    runs = [
        step.descriptor for step in program.steps if step.op is Operation.RUN and step.work.plan.node.name == "stem"
    ]
    assert len(runs) == sum(step.op is Operation.RUN for step in alone.steps)


def test_equal_tables_share_a_page() -> None:
    net = Net(edge("x", 4, 2, 2), 2, 1)
    table = any_table(net.rng, 8, IntFormat(bits=8, signed=True))
    net.node(Pointwise, edge("a", 4, 2, 2), "x", pointwise=table)
    net.node(Pointwise, edge("b", 4, 2, 2), "a", pointwise=table)
    package = net.package("tables")
    program = compile_program(package.graph, ALL, Hardware(rows=4, cols=4, tbl_depth=256))
    assert program.tables.tolist() == [entry % 256 for entry in table.entries.tolist()]
    run_and_hold_to_golden(package, program)


def test_no_page_is_refused() -> None:
    with pytest.raises(RangeError, match="TBL_DEPTH = 255 holds not one page of 2\\^X_W = 256 entries"):
        Hardware(rows=8, cols=8, tbl_depth=255)


def test_wider_results_are_refused_by_name() -> None:
    net = Net(edge("x", 4, 2, 2), 2, 1)
    net.node(Conv2d, edge("a", 4, 2, 2), "x", **net.weight(8, 4, 4, 1, 1))
    wide = edge("b", 4, 2, 2, bits=16)
    net.node(Pointwise, wide, "a", pointwise=any_table(net.rng, 8, wide.format))
    net.node(Conv2d, edge("c", 4, 2, 2), "a", **net.weight(8, 4, 4, 1, 1))
    graph = net.package("wide").graph
    with pytest.raises(UnsupportedError, match="layer 'b': output of 16 bits does not fit X_W = 8"):
        compile_program(graph, "b", CORES["8x8"])


def test_a_wider_input_is_refused_by_name() -> None:
    net = Net(edge("x", 4, 2, 2, bits=12), 2, 1)
    net.node(Pointwise, edge("a", 4, 2, 2), "x", pointwise=any_table(net.rng, 12, IntFormat(bits=8, signed=True)))
    with pytest.raises(UnsupportedError, match="layer 'a': input 'x' of 12 bits does not fit X_W = 8"):
        compile_program(net.package("wide").graph, ALL, CORES["8x8"])


def test_a_wrong_table_is_seen(package: Package) -> None:
    program = compile_program(package.graph, ALL, CORES["8x4"])
    program.tables[:] = np.roll(program.tables, 1)
    with pytest.raises(AssertionError):
        run_and_hold_to_golden(package, program)
