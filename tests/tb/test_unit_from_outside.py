"""A unit that lies outside the tree, with RTL, golden function, bench and classes of its own: all commands know it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from t2c.common.places import ROOT
from t2c.tb.catalogue.interface import Interface
from t2c.tb.catalogue.proof import NegativeControl, Proof
from t2c.tb.catalogue.unit import Unit
from t2c.tb.catalogue.unit_registry import register_unit, units

PLUGINS = ROOT / "tests" / "plugins"
CONTROL = NegativeControl(error="none", file="toy.v", original="a", mutant="b", depth=2, show=())
PROOF = Proof(name="order", claim="", top="toy_order", rtl=("toy.v",), cover_depth=2, controls=(CONTROL,))


def python(*arguments: str | Path, plugins: Path = PLUGINS, named: str = "toy") -> subprocess.CompletedProcess[str]:
    """Run Python with the plug-in's folder on its path."""
    paths = os.pathsep.join([str(ROOT), str(plugins)])
    environment = os.environ | {"PYTHONPATH": paths, "T2C_PLUGINS": named}
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_its_bench_passes(sim_output: Path) -> None:
    done = python("-m", "t2c.tb", "--unit", "toy", "--out", sim_output)
    assert done.returncode == 0, done.stdout + done.stderr
    for line in ("module    tests/plugins/toy/toy.v", "compared  380 results, 0 mismatches", "verdict   PASS"):
        assert line in done.stdout


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("original", "fault", "said"),
    [
        ("(a > b) ? a : b", "a", "mismatches are in [b is larger]"),
        ("~m_axis_tvalid_o | m_axis_tready_i;", "1'b1;", "stalls: "),
    ],
)
def test_a_fault_in_its_rtl_turns_the_bench_red(
    original: str, fault: str, said: str, tmp_path: Path, sim_output: Path
) -> None:
    copy = shutil.copytree(PLUGINS / "toy", tmp_path / "toy")
    text = (copy / "toy.v").read_text()
    assert text.count(original) == 1
    (copy / "toy.v").write_text(text.replace(original, fault))
    done = python("-m", "t2c.tb", "--unit", "toy", "--out", sim_output / f"fault-{os.getpid()}", plugins=tmp_path)
    shutil.rmtree(sim_output / f"fault-{os.getpid()}")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "verdict   FAIL" in done.stdout
    assert said in done.stdout


@pytest.mark.slow
def test_a_module_can_take_its_place(tmp_path: Path, sim_output: Path) -> None:
    """Descriptions of others' modules work for it as for ours."""
    (tmp_path / "theirs.v").write_text(
        "module theirs (input clk, input [7:0] ab, output reg [3:0] y);\n"
        "always @(posedge clk) y <= ab[3:0] > ab[7:4] ? ab[3:0] : ab[7:4];\nendmodule\n"
    )
    (tmp_path / "dut.yaml").write_text(
        "unit: toy\nsources: theirs.v\ntop: theirs\nclock: clk\nreset: none\nhandshake: fixed_latency\nlatency: 1\n"
        "ports: {s_axis_tdata: ab, m_axis_tdata: y}\n"
    )
    done = python("-m", "t2c.tb", "--unit", "toy", "--dut", tmp_path / "dut.yaml", "--out", sim_output)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "380 results, 0 mismatches" in done.stdout


@pytest.mark.slow
def test_it_is_proven(sim_output: Path) -> None:
    done = python("-m", "formal", "--only", "toy", "--out", sim_output / "formal-outside")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "controls 1, 1 refuted" in done.stdout


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("module", ["t2c.tb", "mutation"])
def test_help_lists_it(module: str) -> None:
    done = python("-m", module, "--help")
    assert ", toy" in " ".join(done.stdout.split())


def test_the_lists_of_coverage_lint_and_mutants_have_it() -> None:
    script = (
        "import json\nfrom t2c.tb.coverage.coverage_runs import unit_runs\n"
        "from t2c.tb.catalogue.unit_registry import mutated_units, units\n"
        "print(json.dumps([[run.id for run in unit_runs() if run.part == 'toy'], [u.name for u in mutated_units()],\n"
        "[dict(build) for build in units()['toy'].refused]]))"
    )
    runs, mutated, refused = json.loads(python("-c", script).stdout)
    assert runs == ["toy.usual", "toy.W2", "toy.W16"]
    assert mutated[-1] == "toy"
    assert refused == [{"W": 1}, {"W": 17}]


def test_a_unit_of_ours_is_not_replaced_in_silence(tmp_path: Path) -> None:
    (tmp_path / "thief.py").write_text(
        "from pathlib import Path\nfrom t2c.tb.catalogue.unit_registry import register_unit\n"
        "from t2c.tb.catalogue.unit import Unit\nregister_unit(Unit(folder=Path(__file__).parent / 'mulquant'))\n"
    )
    done = python("-m", "t2c.tb", "--unit", "mulquant", plugins=tmp_path, named="thief")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: T2C_PLUGINS: module 'thief' cannot be imported: ValueError: unit 'mulquant'")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bench": "toy.bench"}, "a bench has tests, and tests have a bench"),
        ({"tests": ("one",)}, "a bench has tests, and tests have a bench"),
        ({"mutated": True}, "mutants are for a bench to find"),
        ({"inside_core": "i_engine"}, "interface is missing"),
        ({"interface": Interface(needs={"stalls": ("reset",)})}, "needs of 'stalls', which is none of its tests"),
        (
            {"bench": "b", "tests": ("one",), "interface": Interface(needs={"one": ("pairs",)})},
            "test 'one' needs 'pairs', which is no feature",
        ),
        ({"covered": ({"W": 2},)}, "no default for W, which a build sets"),
        ({"folder": Path("a b")}, "the folder has the name of the top module"),
        ({"proofs": (PROOF,)}, "proof order: there is no toy_order.v"),
    ],
)
def test_parts_that_contradict_one_another_are_refused(changes: dict[str, object], message: str) -> None:
    declared: dict[str, object] = {"folder": PLUGINS / "toy", **changes}
    with pytest.raises(ValueError, match=message):
        register_unit(Unit(**declared))  # type: ignore[arg-type]
    assert "toy" not in units()
