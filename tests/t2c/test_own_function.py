"""Functions of the user's own in the place of layers: what they get, what they may return, who uses them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import t2c
from oracle import plain
from t2c.__main__ import entry, main
from t2c.common.errors import UserError
from t2c.golden.arithmetic.mulquant import MulQuant
from t2c.golden.errors import PackageError, UnsupportedError
from t2c.golden.graph.package import Package, load_package, save_package
from t2c.golden.target.own_node import own_functions, package_with_functions, with_functions
from t2c.mapping.compiler import compile_program
from t2c.tb.expect import Golden
from tests.conftest import ROOT

EXAMPLE = f"{ROOT}/examples/targets/my_chip.py:conv"


@pytest.fixture(scope="module")
def digits() -> Package:
    return load_package(ROOT / "examples" / "digits_w8a8")


def written(folder: Path, body: str) -> str:
    """A file with a function `mine`, whose body is given."""
    path = folder / "mine.py"
    path.write_text("import numpy as np\n\n\ndef mine(inputs, constants, layer):\n    " + body + "\n")
    return f"{path}:mine"


def test_the_example_element_by_element(digits: Package) -> None:
    images = digits.samples[:2]
    usual, own = digits.graph.run(images), with_functions(digits.graph, {"conv2": EXAMPLE}).run(images)
    node, (edge,) = digits.graph.node("conv2"), digits.graph.inputs_of(digits.graph.node("conv2"))
    sums = node.accumulate([own["conv1"]], [edge])
    assert sums is not None
    quant = node.stage
    assert isinstance(quant, MulQuant)
    for c in range(16):
        m, b, s = (int(v[c]) for v in (quant.multiplier, quant.bias, quant.shift))
        expected = [
            plain.clip((acc // 16 * m + b // 16) // 2 ** (s - 4), quant.lo, quant.hi)
            for acc in sums[:, c].reshape(-1).tolist()
        ]
        assert own["conv2"][:, c].reshape(-1).tolist() == expected
    assert np.array_equal(own["conv1"], usual["conv1"])
    assert not np.array_equal(own["conv2"], usual["conv2"])
    assert not np.array_equal(own["fc"], usual["fc"])  # what follows computes on it


def test_what_a_function_is_given(digits: Package, tmp_path: Path) -> None:
    body = (
        "assert list(inputs) == ['conv2', 'conv1'] and inputs['conv1'].dtype == np.int64\n"
        "    assert inputs['conv1'].shape == (3, 16, 8, 8) and not inputs['conv2'].flags.writeable\n"
        "    assert sorted(constants) == ['bias', 'multiplier', 'shift'] and not constants['shift'].flags.writeable\n"
        "    assert layer.node.name == 'add' and layer.node.stage.rounding == 'half_up'\n"
        "    assert [edge.signed for edge in layer.inputs] == [True, False] and layer.output.name == 'add'\n"
        "    return layer.golden(inputs)"
    )
    own = with_functions(digits.graph, {"add": written(tmp_path, body)})
    for edge, values in own.run(digits.samples[:3]).items():
        assert np.array_equal(values, digits.graph.run(digits.samples[:3])[edge])
    assert set(own_functions(own)) == {"add"}


def test_a_kind_stands_for_all_of_it_and_a_layer_wins(digits: Package, tmp_path: Path) -> None:
    zero = written(tmp_path, "return np.zeros_like(layer.golden(inputs))")
    own = with_functions(digits.graph, {"op:conv2d": EXAMPLE, "conv3": zero})
    assert set(own_functions(own)) == {"conv1", "conv2", "conv3"}
    assert not own.run(digits.samples[:1])["conv3"].any()
    assert t2c.golden_tensors(digits, digits.samples[:1], reference={"conv3": zero})["conv1"].any()


BAD = {
    "return [1, 2]": "it returned list, not a NumPy array",
    "return layer.golden(inputs) * 1.0": "it returned dtype float64, which is not an integer type",
    "return layer.golden(inputs)[:, 1:]": "it returned shape (1, 15, 8, 8), not (1, 16, 8, 8)",
    "return np.full((1, 16, 8, 8), 256)": "it returned conv1 (u8)[0, 0, 0, 0] = 256 is outside 0..255",
    "return -np.ones((1, 16, 8, 8), np.int8)": "it returned conv1 (u8)[0, 0, 0, 0] = -1 is outside 0..255",
    "return 1 // 0": "line 5: ZeroDivisionError: integer division or modulo by zero",
    "inputs['input'][:] = 0": "line 5: ValueError: assignment destination is read-only",
    "raise SystemExit(3)": "line 5: SystemExit: 3",
    "return inputs['conv7']": "line 5: KeyError: 'conv7'",
}


@pytest.mark.parametrize("body", BAD)
def test_what_it_may_not_do_is_one_line(body: str, digits: Package, tmp_path: Path) -> None:
    own = with_functions(digits.graph, {"conv1": written(tmp_path, body)})
    with pytest.raises(UserError) as refused:
        own.run(np.zeros((1, 1, 8, 8), np.int64))
    assert str(refused.value).startswith("layer 'conv1': ")
    assert str(refused.value).endswith(f"mine.py:mine: {BAD[body]}"), refused.value


def test_what_cannot_be_had_is_one_line(digits: Package, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("two = 2\n\n\ndef one(inputs): ...\n")
    broken = tmp_path / "broken.py"
    broken.write_text("import numpy\n\nraise RuntimeError('not today')\n")
    for where, said in (
        (f"{tmp_path}/none.py:mine", f"{tmp_path}/none.py:mine: No such file or directory"),
        (f"{path}:mine", f"{path}:mine: the file has no function 'mine'"),
        (f"{path}:two", f"{path}:two: the file has no function 'two'"),
        (f"{path}:one", f"{path}:one: it does not take (inputs, constants, layer)"),
        (f"{broken}:mine", f"{broken}:mine: line 3: RuntimeError: not today"),
        ("mine", "'mine' is not FILE.py:FUNCTION"),
    ):
        with pytest.raises(UserError) as refused:
            with_functions(digits.graph, {"conv1": where})
        assert str(refused.value) == said
    with pytest.raises(UserError, match=r"digits_w8a8 has no layer 'conv9'; it has conv1, .*, op:max_pool2d"):
        with_functions(digits.graph, {"conv9": EXAMPLE})


def test_it_is_in_no_package_and_runs_on_no_core_of_ours(digits: Package, tmp_path: Path) -> None:
    own = package_with_functions(digits, {"conv1": EXAMPLE})
    with pytest.raises(PackageError, match="node 'conv1': a package does not hold what 'function' stands for"):
        save_package(own, tmp_path / "own")
    assert not (tmp_path / "own").exists()
    with pytest.raises(UnsupportedError, match="conv1"):
        compile_program(own.graph, "all", t2c.hardware_for(digits))


def test_vectors_and_benches_have_its_tensors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Golden("digits_w8a8", image=1, reference={"conv2": EXAMPLE})
    assert not np.array_equal(own["conv2"], Golden("digits_w8a8", image=1)["conv2"])
    words = ["vectors", "digits_w8a8", "--out", str(tmp_path / "v"), "--first-image", "1", "--formats", "npz"]
    assert main([*words, "--reference", f"conv2={EXAMPLE}"]) == 0
    with np.load(tmp_path / "v" / "tensors.npz") as held:
        assert np.array_equal(held["conv2"][0], own["conv2"])
    capsys.readouterr()
    for given, said in (
        ("conv2", "'conv2' is not LAYER=FILE.py:FUNCTION, such as conv1=my_chip.py:conv"),
        ("conv2=nowhere.py:f", "nowhere.py:f: No such file or directory"),
    ):
        monkeypatch.setattr("sys.argv", ["t2c", *words, "--reference", given])
        with pytest.raises(SystemExit) as left:
            entry()
        assert left.value.code == 2
        assert capsys.readouterr().err.strip().endswith(said)
