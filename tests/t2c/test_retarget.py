"""Packages made anew for a chip: each result is what the chip's own arithmetic gives, and what cannot be is refused."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from oracle import plain
from t2c.__main__ import entry, main
from t2c.common.errors import UserError
from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.arithmetic.mulquant import MulQuant
from t2c.golden.arithmetic.requantiser_order import RequantiserOrder
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.package import Package, load_package, save_package
from t2c.golden.target.check import misfits
from t2c.golden.target.constants import chip_constants, scaling_constants
from t2c.golden.target.limits import ChipLimits, Clip, MultiplierLimits
from t2c.golden.target.own_node import with_functions
from t2c.target.readings import chip_readings
from t2c.target.refit import Refitted, refit, refit_package
from t2c.target.report import sample_accuracy
from t2c.tb.accelerator.tensors import TensorBook
from tests.conftest import ROOT
from tests.every_op import every_op_package

S8, U8 = IntFormat(bits=8, signed=True), IntFormat(bits=8, signed=False)
NONE = MultiplierLimits(bits=1, signed=False, power_of_two=True)
FIRST, SATURATED = RequantiserOrder(bias_first=True), RequantiserOrder(bias_first=True, operand_bits=16)
CHIPS = {
    "one multiplier": ChipLimits(
        multiplier=MultiplierLimits(bits=12, signed=False), per_layer=True, shift=(8, 23), bias=32
    ),
    "shifts": ChipLimits(multiplier=NONE, per_layer=True, shift=(0, 15), activations=(S8,), zero_points=False),
    "shifts of channels": ChipLimits(multiplier=NONE, shift=(0, 31), bias=20, order=FIRST),
    "floor": ChipLimits(rounding=(Rounding.FLOOR,), bias=32),
    "bias before": ChipLimits(bias=24, order=FIRST, multiplier=MultiplierLimits(bits=8)),
    "saturated": ChipLimits(bias=16, order=SATURATED, per_layer=True, multiplier=MultiplierLimits(bits=15)),
    "saturated by channel": ChipLimits(order=RequantiserOrder(operand_bits=16)),
    "saturated products": ChipLimits(order=RequantiserOrder(sum_bits=31), per_layer=True),
    "signed": ChipLimits(activations=(S8,)),
    "unsigned": ChipLimits(activations=(U8,)),
}


@pytest.fixture(scope="module")
def digits() -> Package:
    return load_package(ROOT / "examples" / "digits_w8a8")


def on_the_chip(package: Package, chip: ChipLimits, images: int) -> Iterator[tuple[str, list[int], list[int]]]:
    """Every layer that sums products, element by element: as golden has it, and as the chip does it by itself."""
    graph = package.graph
    for node, arguments, output in graph.steps(package.samples[:images]):
        held, quant = scaling_constants(node.stage), node.stage
        sums = node.accumulate(arguments, graph.inputs_of(node))
        if held is None or sums is None:
            continue
        assert isinstance(quant, MulQuant)
        edge = graph.edges[node.output]
        lo, hi = (edge.format.lo, edge.format.hi) if chip.saturates else (quant.lo, quant.hi)
        if quant.lo == quant.zero_point:
            lo = quant.lo  # a ReLU; other bounds of a chip that saturates would be what it leaves
        chip_bias = held.before if chip.order.bias_first else held.bias
        assert chip_bias is not None
        found = []
        for c, channel in enumerate(np.moveaxis(sums, 1, 0)):
            k = c if held.multiplier.size > 1 else 0
            m, b, s = (int(v[k]) for v in (held.multiplier, chip_bias, held.shift))
            for acc in channel.reshape(-1).tolist():
                p = plain.scaled_sum(acc, m, b, **dataclasses.asdict(chip.order))
                found.append(plain.clip(plain.round_shift(p, s, quant.rounding.value) + quant.zero_point, lo, hi))
        yield node.name, np.moveaxis(output, 1, 0).reshape(-1).tolist(), found


@pytest.mark.parametrize("name", CHIPS)
def test_golden_gives_what_the_chip_gives(name: str, digits: Package) -> None:
    chip = CHIPS[name]
    made, _ = refit_package(digits, chip, "made")
    assert misfits(made.graph, chip) == []
    layers = 0
    for layer, golden, theirs in on_the_chip(made, chip, 2):
        assert golden == theirs, layer
        layers += 1
    assert layers == 5


LEAST = {
    **dict.fromkeys(("saturated", "saturated by channel", "shifts", "shifts of channels"), 0.98),
    **dict.fromkeys(("one multiplier", "bias before"), 0.985),
}


@pytest.mark.parametrize("name", CHIPS)
def test_accuracy_stays(name: str, digits: Package) -> None:
    made, _ = refit_package(digits, CHIPS[name], "made")
    after = sample_accuracy(made)
    assert after is not None
    assert after >= LEAST.get(name, 0.99)


def test_few_bits_take_what_room_the_chip_has() -> None:
    """4-bit weights and tensors on a chip with 8 bits that only shifts: finer steps, not coarser ones."""
    package, chip = load_package(ROOT / "examples" / "digits_w4a4"), CHIPS["shifts"]
    made, _ = refit_package(package, chip, "made")
    assert [node.weights.bits for node in made.graph.nodes if node.weights] == [8, 8, 8, 8]
    assert {str(made.graph.edges[name].format) for name in ("conv1", "conv2", "add")} == {"u7", "s8"}
    assert made.graph.edges["conv2"].scale < package.graph.edges["conv2"].scale / 8
    assert sample_accuracy(made) > 0.98  # type: ignore[operator]
    narrow = dataclasses.replace(chip, weights=4, accumulator=16)
    made, _ = refit_package(package, narrow, "made")
    assert [node.weights.bits for node in made.graph.nodes if node.weights] == [4, 4, 4, 4]


def test_results_are_clipped_where_they_were(digits: Package) -> None:
    """To half a step; a chip that knows the ends of its formats alone clips there."""
    made, _ = refit_package(digits, CHIPS["shifts"], "made")
    ends = refit_package(digits, dataclasses.replace(CHIPS["shifts"], clip=Clip.RELU), "made")[0]
    coarser = 0
    for node in digits.graph.nodes:
        old, new, whole = (g.node(node.name).stage for g in (digits.graph, made.graph, ends.graph))
        if old is None or new is None or whole is None:
            continue
        before, after = digits.graph.edges[node.output], made.graph.edges[node.output]
        real, moved = (old.hi - old.zero_point) * before.scale, (new.hi - new.zero_point) * after.scale
        assert abs(real - moved) <= after.scale / 2 or new.hi == after.format.hi
        assert whole.hi == 127
        coarser += new.hi < after.format.hi
    assert coarser >= 2


@pytest.mark.parametrize("name", ["signed", "unsigned"])
def test_a_turned_sign_changes_no_value(name: str, digits: Package) -> None:
    """Every x - zp of every tensor stays."""
    made, _ = refit_package(digits, CHIPS[name], "made")
    before, after = digits.graph.run(digits.samples[:20]), made.graph.run(made.samples[:20])
    edges = digits.graph.edges
    assert any(made.graph.edges[edge].signed != edges[edge].signed for edge in edges)
    for edge in edges:
        same = before[edge] - edges[edge].zero_point == after[edge] - made.graph.edges[edge].zero_point
        assert same.all(), edge


def test_a_layer_that_rounds_is_the_same_where_the_chip_cuts_off(digits: Package) -> None:
    """half_up is floor of half a step more."""
    made, _ = refit_package(digits, ChipLimits(rounding=(Rounding.FLOOR,)), "made")
    before, after = digits.graph.run(digits.samples), made.graph.run(made.samples)
    assert {node.stage.rounding for node in made.graph.nodes if node.stage} == {Rounding.FLOOR}
    assert all(np.array_equal(before[edge], after[edge]) for edge in before)


def test_saturation_is_held_against_a_package_without_it(digits: Package) -> None:
    """The same constants without the bounds of one layer: the chip would give something else."""
    chip = ChipLimits(order=RequantiserOrder(operand_bits=16))
    made, _ = refit_package(digits, chip, "made", keep=True)
    node = made.graph.node("conv2")
    stage = dataclasses.replace(node.stage, clip=None)  # type: ignore[type-var]
    nodes = tuple(dataclasses.replace(n, mulquant=stage) if n is node else n for n in made.graph.nodes)
    found = misfits(dataclasses.replace(made.graph, nodes=nodes), chip)
    assert [misfit.layer for misfit in found] == ["conv2"]
    assert [m.text for m in misfits(made.graph, ChipLimits())] == ["bounds for each channel"] * 4


@pytest.mark.parametrize("order", [RequantiserOrder(operand_bits=16), RequantiserOrder(operand_bits=18, sum_bits=32)])
def test_the_same_weights_and_constants_in_the_order_of_the_chip(order: RequantiserOrder, digits: Package) -> None:
    """Each channel saturates elsewhere; golden follows, and nothing else changes."""
    chip = ChipLimits(order=order)
    assert misfits(digits.graph, chip) != []
    made, _ = refit_package(digits, chip, "made", keep=True)
    assert misfits(made.graph, chip) == []
    own = {node.name for node in made.graph.nodes if getattr(node.stage, "clip", None) is not None}
    assert own >= {"conv2", "conv3", "fc"}
    for old, new in zip(digits.graph.nodes, made.graph.nodes, strict=True):
        held = {constant.name: constant.values for constant in new.constants}
        assert all(np.array_equal(constant.values, held[constant.name]) for constant in old.constants)
    changed = 0
    for layer, golden, theirs in on_the_chip(made, chip, 2):
        assert golden == theirs, layer
        changed += golden != made.graph.run(digits.samples[:2])[layer].reshape(-1).tolist()
    assert changed
    with pytest.raises(UnsupportedError, match=r"layer 'conv1': multiplier\[0\] = 16392 \(multiplier: u12\), and "):
        refit_package(digits, CHIPS["one multiplier"], "made", keep=True)


def test_weights_make_room_for_sums_that_saturate(digits: Package) -> None:
    """With 16 bits the network as it is loses a third of its digits, since 8 bits of weights ask for more."""
    chip = ChipLimits(order=RequantiserOrder(operand_bits=16))
    kept, made = (refit_package(digits, chip, "made", keep=keep)[0] for keep in (True, False))
    assert misfits(made.graph, chip) == []
    assert sample_accuracy(kept) < 0.7 < 0.98 < sample_accuracy(made)  # type: ignore[operator]


def test_a_layer_with_a_function_of_its_own_is_free(digits: Package) -> None:
    """The others get the chip's constants; accuracy is that of the functions."""
    where = f"{ROOT}/examples/targets/my_chip.py:conv"
    chip = dataclasses.replace(CHIPS["signed"], per_layer=True, references={"conv2": where})
    made = refit(digits.graph, chip).graph
    spread = {n.name: len(set(n.stage.multiplier.tolist())) for n in made.nodes if isinstance(n.stage, MulQuant)}
    assert spread == {"conv1": 1, "conv2": 16, "conv3": 1, "average_pool": 1, "fc": 1}
    own = with_functions(made, chip.references).run(digits.samples[:1] - 128)
    assert not np.array_equal(own["conv2"], made.run(digits.samples[:1] - 128)["conv2"])


def test_constants_as_the_chip_is_given_them(digits: Package, tmp_path: Path) -> None:
    """b before the multiplier, and one of each for a layer; a package that is not for such a chip has neither."""
    made, _ = refit_package(digits, CHIPS["saturated"], "made")
    node = made.graph.node("conv1")
    held = {constant.name: constant for constant in chip_constants(node)}
    own = {constant.name: constant.values for constant in node.constants}
    assert np.array_equal(held["bias_first"].values * own["multiplier"], own["bias"])
    assert held["bias_first"].storage.bits <= 16
    assert held["layer_multiplier"].values.tolist() == [own["multiplier"][0]]
    assert held["layer_shift"].values.tolist() == [own["shift"][0]]
    assert {constant.name for constant in chip_constants(digits.graph.node("conv1"))} == set(own)
    save_package(made, tmp_path / "made")
    words = ["vectors", str(tmp_path / "made"), "--out", str(tmp_path / "v"), "--tensors", "*.bias_first,*.layer_*"]
    assert main([*words, "--formats", "npz"]) == 0
    with np.load(tmp_path / "v" / "tensors.npz") as arrays:
        assert np.array_equal(arrays["conv1.bias_first"], held["bias_first"].values)
        assert arrays["fc.layer_shift"].shape == (1,)
    book = TensorBook(made, 0, 1, 0)
    assert book.find("conv1.bias_first").values.tolist() == [held["bias_first"].values.tolist()]
    with pytest.raises(UserError, match="max_pool has no 'bias_first'; it has no constants"):
        book.find("max_pool.bias_first")


def test_what_fits_stays_as_it_is(digits: Package) -> None:
    made = refit(digits.graph, ChipLimits(multiplier=MultiplierLimits(bits=16), activations=(S8, U8)))
    for old, new in zip(digits.graph.nodes, made.graph.nodes, strict=True):
        for before, after in zip(old.constants, new.constants, strict=True):
            assert np.array_equal(before.values, after.values)
    assert made.graph.edges == digits.graph.edges


def test_a_zero_point_goes_where_a_chip_has_none() -> None:
    """u8 with zero point 7 on a chip with s16: s8 of a step that covers the same, since products take no more bits."""
    chip = ChipLimits(activations=(IntFormat(bits=16, signed=True),), zero_points=False)
    edge = chip_readings(every_op_package().graph, chip)["x"]
    assert (edge.bits, edge.signed, edge.zero_point) == (8, True, 0)
    assert edge.scale == pytest.approx(0.125 * 248 / 127)


REFUSALS = {
    "layer 'conv2': tensor 'conv2' (s8, zero point 0) does not fit u8 with zero point 0": ChipLimits(
        activations=(U8,), zero_points=False
    ),
    "layer 'input': tensor 'input' (u8, zero point 0) does not fit s4": ChipLimits(
        activations=(IntFormat(bits=4, signed=True),)
    ),
    "layer 'max_pool': operation max_pool2d (operations: conv2d, linear, add, average_pool2d, flatten)": ChipLimits(
        operations=("conv2d", "linear", "add", "average_pool2d", "flatten")
    ),
    "layer 'conv1': weights of 8 bits (weights: 4)": ChipLimits(weights=4),
    "layer 'conv1': channel 1: scale 0.00383723 is none that multiplier s8 and shift 0..7 can give": ChipLimits(
        multiplier=MultiplierLimits(bits=8), shift=(0, 7)
    ),
    "layer 'conv1': channel 0: bias of ": ChipLimits(bias=0),
    "node 'conv1': accumulator: worst case 181560 needs 19 bits, acc width is 16": ChipLimits(accumulator=16),
}


@pytest.mark.parametrize("text", REFUSALS)
def test_what_cannot_be_is_refused_by_name(text: str, digits: Package) -> None:
    with pytest.raises(UnsupportedError) as refused:
        refit(digits.graph, REFUSALS[text])
    assert str(refused.value).startswith(text)


def test_tables_of_a_transformer_are_refused_where_their_tensors_change() -> None:
    vit = load_package(ROOT / "examples" / "vit2")
    with pytest.raises(UnsupportedError, match="layer 'softmax': tensor 'softmax' is not as the chip has it"):
        refit(vit.graph, ChipLimits(activations=(S8,)))
    with pytest.raises(UnsupportedError, match=r"layer 'blocks_0_norm1': channel 31: scale .* is off by"):
        refit(vit.graph, CHIPS["one multiplier"])
    wide = ChipLimits(multiplier=MultiplierLimits(bits=10))
    made, _ = refit_package(vit, wide, "made")
    assert misfits(made.graph, wide) == []


def random_chip(rng: np.random.Generator) -> ChipLimits:
    """Any limits, such as no one would build."""
    signed, low = bool(rng.integers(2)), int(rng.integers(0, 20))
    formats = [IntFormat(bits=int(bits), signed=bool(rng.integers(2))) for bits in rng.integers(4, 12, rng.integers(3))]
    return ChipLimits(
        multiplier=MultiplierLimits(bits=int(rng.integers(2, 24)), signed=signed, power_of_two=bool(rng.integers(2))),
        per_layer=bool(rng.integers(2)),
        shift=(low, low + int(rng.integers(0, 30))),
        bias=int(rng.choice((0, 8, 16, 32, 48))),
        rounding=tuple(rng.choice(list(Rounding), rng.integers(1, 4), replace=False)),
        order=RequantiserOrder(
            bias_first=bool(rng.integers(2)),
            operand_bits=int(rng.integers(10, 30)) if rng.integers(2) else None,
            sum_bits=int(rng.integers(20, 50)) if rng.integers(2) else None,
        ),
        accumulator=int(rng.integers(16, 40)),
        activations=tuple(formats),
        zero_points=bool(rng.integers(2)),
    )


def outcome(graph: Graph, chip: ChipLimits) -> tuple[Refitted | None, str]:
    """What came of it, or the line that refuses."""
    try:
        return refit(graph, chip), ""
    except UnsupportedError as error:
        return None, str(error)


@pytest.mark.slow
def test_any_chip_gets_a_package_that_fits_or_one_line(digits: Package) -> None:
    rng = np.random.default_rng(3)
    fits = 0
    for _ in range(300):
        chip = random_chip(rng)
        for graph in (digits.graph, every_op_package().graph):
            made, line = outcome(graph, chip)
            assert line.startswith(("layer '", "node '")) if made is None else misfits(made.graph, chip) == []
            fits += made is not None
    assert fits > 20


@pytest.mark.parametrize("target", ["one_multiplier", "shift_only"])
def test_the_commands(target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chip, out = ROOT / "examples" / "targets" / f"{target}.yaml", tmp_path / "made"
    assert main(["check", "digits_w8a8", "--target", str(chip)]) == 1
    assert "examples/digits_w8a8 does not fit" in capsys.readouterr().out
    assert main(["retarget", "digits_w8a8", "--target", str(chip), "--out", str(out)]) == 0
    assert "accuracy  99.44% before, 99.17% now, of 360 samples" in capsys.readouterr().out
    assert main(["check", str(out), "--target", str(chip)]) == 0
    assert f"fits {chip}" in capsys.readouterr().out
    assert load_package(out).metrics["max_step_error"] < 0.25


def test_a_chip_that_cannot_be_is_one_line_and_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    chip = tmp_path / "chip.yaml"
    for text, said in (
        ("shift: [0, 99]\n", f"error: {chip}:1: shift: largest = 99 is outside 0..63\n"),
        ("weights: 4\n", "error: layer 'conv1': weights of 8 bits (weights: 4), and 3 more\n"),
    ):
        chip.write_text(text)
        words = ["t2c", "retarget", "digits_w8a8", "--target", str(chip), "--out", str(tmp_path / "out")]
        monkeypatch.setattr("sys.argv", words)
        with pytest.raises(SystemExit) as left:
            entry()
        assert left.value.code == 2
        assert capsys.readouterr().err == said
        assert not (tmp_path / "out").exists()
