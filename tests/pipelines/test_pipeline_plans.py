"""What a plan says without Verilog: bounds, features, what nothing reads, what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from t2c.common.errors import SettingError
from t2c.golden.errors import RangeError, ShapeError, UnsupportedError
from t2c.golden.graph.find_package import open_package
from t2c.pipelines.chain import Chain, ChainEdge, ChainQuant, linear_stage
from t2c.pipelines.evaluate import evaluate
from t2c.pipelines.from_graph import chain_of
from t2c.pipelines.liveness import live_channels
from t2c.pipelines.options import PipelineOptions, parse_reuse
from t2c.pipelines.plan import plan_pipeline
from tests.pipelines.nets import NETS, package
from tests.table_net import table_package


def chain(*weights: list[list[int]], bits: int = 8, multiplier: int = 1, shift: int = 0) -> Chain:
    """Linear layers by hand."""
    edges = {"e0": ChainEdge(name="e0", shape=(len(weights[0][0]),), bits=bits, signed=False)}
    stages = []
    for number, weight in enumerate(weights):
        name = f"e{number + 1}"
        edges[name] = ChainEdge(name=name, shape=(len(weight),), bits=bits, signed=False)
        requant = ChainQuant(multiplier=(multiplier,), bias=(0,), shift=(shift,), lo=(0,), hi=(edges[name].hi,))
        stages.append(linear_stage(f"fc{number}", f"e{number}", name, weight, requant))
    return Chain(name="hand", edges=edges, stages=tuple(stages))


@pytest.mark.parametrize("name", sorted(NETS))
@pytest.mark.parametrize("seed", range(6))
def test_the_evaluator_is_golden_on_packages(name: str, seed: int) -> None:
    made = package(name, seed)
    found = evaluate(chain_of(made.graph), made.samples)
    for edge, values in made.graph.run(made.samples).items():
        assert (found[edge] == values).all(), edge
    for node, arguments, _ in made.graph.steps(made.samples):
        sums = node.accumulate(arguments, made.graph.inputs_of(node))
        assert sums is None or (found[f"{node.name}.accumulators"] == sums).all(), node.name


def test_a_product_by_a_power_of_two_takes_nothing_and_one_of_many_digits_a_multiplier() -> None:
    features = plan_pipeline(chain([[1, -2, 64, 0]]), PipelineOptions()).features["fc0"]
    assert "product_multipliers" not in features
    assert "product_bits" not in features
    assert plan_pipeline(chain([[3, 7, 0, 0]]), PipelineOptions()).features["fc0"]["product_bits"] == 20
    many = chain([[43, 0, 0, 1], [86, 0, 0, 1], [-43, 0, 0, 2], [0, 43, 0, 1]])
    assert plan_pipeline(many, PipelineOptions()).features["fc0"]["product_multipliers"] == 2
    assert "product_multipliers" not in plan_pipeline(many, PipelineOptions(digits=4)).features["fc0"]
    scaled = chain([[1, 1]], multiplier=181, shift=8)
    assert plan_pipeline(scaled, PipelineOptions()).features["fc0"]["requant_multipliers"] == 1
    scaled = chain([[1, 1]], multiplier=128, shift=8)
    assert "requant_multipliers" not in plan_pipeline(scaled, PipelineOptions()).features["fc0"]


def test_what_nothing_reads_is_not_counted() -> None:
    """The second output of the first layer has multipliers; the second layer reads the first output only."""
    both, one = chain([[1, 2], [43, 45]], [[1, 1]]), chain([[1, 2], [43, 45]], [[1, 0]])
    assert live_channels(one)["e1"].tolist() == [True, False]
    assert plan_pipeline(both, PipelineOptions()).features["fc0"]["product_multipliers"] == 2
    assert "product_multipliers" not in plan_pipeline(one, PipelineOptions()).features["fc0"]


def test_what_is_alike_is_made_once() -> None:
    """Two outputs of the same weights: one sum, one multiplier of MulQuant, in either form."""
    one, two = (chain(rows, [[1] * len(rows)], multiplier=181, shift=8) for rows in ([[43, 3]], [[43, 3], [43, 3]]))
    for reuse in (1, 2):
        options = PipelineOptions(of_layer={"fc0": reuse})
        assert plan_pipeline(one, options).features["fc0"] == plan_pipeline(two, options).features["fc0"]


def test_refusals_are_one_line_that_names_the_place() -> None:
    made = chain_of(package("mlp", 1).graph)
    for options, text in (
        (PipelineOptions(of_layer={"linear9": 2}), "reuse: 'linear9' is no layer with weights; those are linear1, "),
        (PipelineOptions(of_layer={"linear1": 7}), "reuse: linear1=7 is above 6, the products of one of its outputs"),
    ):
        with pytest.raises(SettingError, match=text):
            plan_pipeline(made, options)
    for text in ("x", "1,2", "fc=1,fc=2", "fc=", "=3", "fc=-1", ""):
        with pytest.raises(SettingError, match="reuse = "):
            parse_reuse(text)
    with pytest.raises(SettingError, match="reuse: fc=0 is below 1"):
        PipelineOptions(of_layer={"fc": 0})
    with pytest.raises(SettingError, match="digits = 0 is below 1"):
        PipelineOptions(digits=0)
    with pytest.raises(UnsupportedError, match=r"^conv\w*: its products are those of an element; "):
        chain_of(open_package("digits_truncated")[1].graph)
    with pytest.raises(UnsupportedError, match=r"^cat_x: a pipeline takes reshape of a map to a vector, not to "):
        chain_of(open_package("vit2")[1].graph)
    with pytest.raises(UnsupportedError, match=r"^\w+: a pipeline has no \w+; it has linear, conv2d, "):
        chain_of(table_package().graph)


def test_a_chain_by_hand_is_checked() -> None:
    good = chain([[1, 2], [3, 4]], [[1, 1]])
    with pytest.raises(ShapeError, match="fc1: no stage before it gives e7"):
        replace(good, stages=(good.stages[0], replace(good.stages[1], inputs=("e7",))))
    with pytest.raises(ShapeError, match="fc0: e1 is not taken by a stage"):
        replace(good, stages=(good.stages[0], replace(good.stages[1], inputs=("e0",))))
    with pytest.raises(RangeError, match="images"):
        evaluate(good, np.array([[256, 0]]))
    with pytest.raises(RangeError, match=r"fc0: sums may leave ±2\^62"):
        evaluate(chain([[1 << 60, 1]]), np.array([[1, 0]]))
