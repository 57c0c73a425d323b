"""Experiments in YAML: what a command makes of a file, and every way in which a file can be wrong."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from t2c.commands import CommandParser, parser_of
from t2c.commands.config import ConfigError, Experiment


def write(folder: Path, text: str) -> Path:
    path = folder / "experiment.yaml"
    path.write_text(text)
    return path


def options(path: Path, command: str = "roms", *words: str) -> argparse.Namespace:
    """What a command would get, all other commands being there."""
    parser = parser_of(command)
    others = {name: parser_of(name) for name in ("inspect", "sim", "roms") if name != command}
    Experiment.read(str(path), ("inspect", "sim", "roms")).set_defaults(command, parser, others)
    return parser.parse_args(words)


EXPERIMENT = """
model: resnet20        # a network in PyTorch: neither sim nor roms knows it
package: digits_w4a4
rows: 4
cols: 2
seed: 7
sim:
  layer: fc
  waves: 37:50         # plain YAML sees the number 2270
  cols: 4
roms:
  out: there
inspect:
  json: true
"""


def test_common_keys_sections_and_flags(tmp_path: Path) -> None:
    path = write(tmp_path, EXPERIMENT.replace("model: resnet20", "#"))
    sim = options(path, "sim")
    assert (sim.package, sim.rows, sim.cols, sim.seed, sim.layer) == ("digits_w4a4", 4, 4, 7, "fc")
    assert (sim.waves, sim.images) == ("37:50", 4)
    roms = options(path)
    assert (roms.package, roms.rows, roms.cols, roms.out) == ("digits_w4a4", 4, 2, Path("there"))
    assert not hasattr(roms, "seed")
    inspect = options(path, "inspect")
    assert (inspect.package, inspect.json) == ("digits_w4a4", True)
    assert options(path, "inspect", "mine").package == "mine"
    assert options(path, "sim", "--cols", "1", "--layer=all").cols == 1
    assert options(path, "roms", "x", "--out", "here").out == Path("here")
    assert options(write(tmp_path, "inspect: {json: false}\n"), "inspect", "x").json is False


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("rovs: 4", "rovs: unknown key; did you mean rows?"),
        ("model: resnet20", "model: unknown key; there are "),
        (
            "roms: {layer: fc}",
            "roms.layer: unknown key; there are acc_depth, act_depth, cols, element, first_image, formats, images, ",
        ),
        ("sim: {laier: fc}", "sim.laier: unknown key; did you mean layer?"),
        ("simulate: {layer: fc}", "simulate: not a command; the sections are inspect, sim, roms"),
        ("roms: 4", "roms: not a section of keys and values"),
        ("roms: [out, there]", "roms: not a section of keys and values"),
        ("rows: four", "rows: invalid int value: 'four'"),
        ("rows: 1.5", "rows: invalid int value: '1.5'"),
        ("roms: {rows: true}", "roms.rows: true is not one int"),
        ("roms: {rows: [4, 8]}", "roms.rows: a list is not one int"),
        ("roms: {out: {a: b}}", "roms.out: a mapping is not one Path"),
        ("sim: {layer: [conv1, fc]}", "sim.layer: a list is not text"),
        ("roms: {rows: }", "roms.rows: it has no value"),
        ("roms: {rows: null}", "roms.rows: it has no value"),
        ("inspect: {json: 1}", "inspect.json: '1' is not true or false"),
        ("roms: {config: other.yaml}", "roms.config: unknown key"),
        ("roms: {help: true}", "roms.help: unknown key"),
        ("roms: {acc-w: 4}", "roms.acc-w: unknown key"),
        ("rows: 4\ncols: 2\nrows: 8", "line 3, column 1: key 'rows' is given twice"),
        ("roms:\n  rows: 4\n  rows: 4", "line 3, column 3: key 'rows' is given twice"),
        ("roms: {rows: 4}\nroms: {cols: 4}", "line 2, column 1: key 'roms' is given twice"),
        ("rows: 4\n cols: 2", "line 2, column 6: mapping values are not allowed here"),
        ("rows: [4", "line 1, column 9: expected ',' or ']'"),
        ("rows: !!python/object:os.system 4", "line 1, column 7: could not determine a constructor for the tag"),
        ("[a]: b", "line 1, column 1: a key is not plain text"),
        ("", "not a mapping of keys to values"),
        ("- rows", "not a mapping of keys to values"),
        ("rows: 4\n---\nrows: 8", "line 2, column 1: but found another document"),
        ("rows: \x07", "not YAML: unacceptable character"),
        ("a: " + "[" * 1200, "not YAML: "),
    ],
)
def test_files_that_are_refused(tmp_path: Path, text: str, wanted: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        options(path, "roms", "p", "--out", "x")
    assert str(caught.value).startswith(f"{path}: {wanted}"), caught.value


def test_every_kind_of_option(tmp_path: Path) -> None:
    parser = CommandParser("any")
    parser.add_argument("--rate", type=float)
    parser.add_argument("--betas", type=float, nargs=2)
    parser.add_argument("--names", nargs="+", default=["a"])
    parser.add_argument("--mode", choices=("fast", "slow"), default="slow")
    parser.add_argument("--no-check", dest="check", action="store_false")
    parser.add_argument("--bias", action=argparse.BooleanOptionalAction, default=True)

    def parsed(text: str, *words: str) -> argparse.Namespace:
        Experiment.read(str(write(tmp_path, text)), ("any",)).set_defaults("any", parser, {})
        return parser.parse_args(words)

    got = parsed("any: {rate: 1e-3, betas: [0.9, 1], names: [b, 1], mode: fast, no_check: true, bias: false}")
    assert (got.rate, got.betas, got.names, got.mode) == (1e-3, [0.9, 1.0], ["b", "1"], "fast")
    assert (got.check, got.bias) == (False, False)
    assert parsed("rate: 2", "--bias", "--names", "c").names == ["c"]
    for text, wanted in {
        "rate: fast": "rate: invalid float value: 'fast'",
        "betas: [1]": "betas: 1 values where 2 are wanted",
        "betas: [1, x]": r"betas\[1\]: invalid float value: 'x'",
        "names: a": "names: 'a' is not a list",
        "names: []": "names: the list is empty",
        "mode: middle": "mode: 'middle' is not one of fast, slow",
        "bias: 'true'": "bias: 'true' is not true or false",
    }.items():
        with pytest.raises(ConfigError, match=wanted):
            parsed(text)
