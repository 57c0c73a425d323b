"""A network on an element that is not exact has no form in formats that multiply, whatever its samples show."""

from __future__ import annotations

from pathlib import Path

import pytest

from t2c.__main__ import main
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.package import save_package
from tests.element_net import element_package

NEEDS = {"onnx": "onnx", "native": "torch"}


def export(element: str, form: str, folder: Path) -> int:
    if form in NEEDS:
        pytest.importorskip(NEEDS[form])
    save_package(element_package(element), folder / "package")
    return main(["export", str(folder / "package"), "--format", form, "--out", str(folder / "out")])


@pytest.mark.parametrize(("form", "name"), [("onnx", "ONNX"), ("c", "C")])
def test_it_is_refused_by_name(form: str, name: str, tmp_path: Path) -> None:
    text = f"node 'stem': {name} multiplies exactly, element 'truncated' does not"
    with pytest.raises(UnsupportedError, match=text):
        export("truncated", form, tmp_path)
    assert not (tmp_path / "out").exists()


def test_torch_has_no_module_for_its_layers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export("truncated", "native", tmp_path) == 0
    said = capsys.readouterr().out
    assert "1 of 6 layers" in said
    assert said.count("torch multiplies exactly, element 'truncated' does not\n") == 5


@pytest.mark.parametrize("form", ["onnx", "c"])
def test_an_exact_element_multiplies_like_any_other(form: str, tmp_path: Path) -> None:
    assert export("two_of_four", form, tmp_path) == 0
