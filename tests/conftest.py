"""Fixtures shared by all tests."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

for pool in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # read when torch and NumPy are first imported
    os.environ.setdefault(pool, "1")  # the workers share the machine

import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

from t2c.common.interrupts import SIGNALS  # noqa: E402
from tests.campaign import ALONE, COLLECTED, QUICK, mark_samples, of_campaigns_alone  # noqa: E402

# What a loaded machine takes long for is not wrong.
settings.register_profile("t2c", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("t2c")
settings.register_profile("quick", settings.get_profile("t2c"), max_examples=30)  # of make check

ROOT = Path(__file__).resolve().parent.parent


def tries(number: int) -> int:
    """Examples that Hypothesis draws; make check, whose profile has fewer, takes a fifth."""
    return number if settings().max_examples >= 100 else number // 5


TORCH = {"torch", "onnx", "onnxruntime", "sklearn", "PIL", "brevitas", "qonnx"}
"""What the set-up profile `check` leaves out; `make check` runs no test that needs one of them."""
NAMES_TORCH = re.compile(rf"^(?:import|from) ({'|'.join(sorted(TORCH))})\b", re.MULTILINE)


HEAVY = (
    "docs/test_pages.py",
    "tb/test_twelve_kinds.py",
    "tb/test_units.py",
    "cost/test_gates.py",
    "mutation/test_mutation.py",
    "tb/test_byo_engine.py",
    "tb/test_core.py",
    "test_wheel.py",
    "accelerator/test_stream_door.py",
    "t2c/test_digits.py",
    "tb/test_command.py",
    "tb/test_expect.py",
    "fuzz/test_fuzz.py",
    "tb/test_faults.py",
    "tb/test_element_arrays.py",
    "tb/test_localise.py",
    "tb/test_byo.py",
    "formal/test_formal.py",
    "cost/test_cost.py",
    "pipelines/test_pipeline_door.py",
    "rom_folder/test_loaders.py",
    "flows/test_flow_kill.py",
    "t2c/test_export_c.py",
    "common/test_interrupts.py",
    "test_plugin_node.py",
    "test_api.py",
    "accelerator/test_generated_examples.py",
    "cost/test_bitstream.py",
    "formal/test_counters.py",
    "tb/test_builds.py",
    "tb/test_faults_lut.py",
    "tb/test_faults_softmax.py",
    "tb/test_faults_norm.py",
    "tb/test_coverage_faults.py",
    "importing/test_imports_on_rtl.py",
    "formal/test_mulquant_spec.py",
)
"""Files that run for long, the longest first. Workers take files in this order: one that began last would run alone."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="without files that import PyTorch; samples of all cases")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--quick"):
        settings.load_profile("quick")
        for name in TORCH:
            sys.modules[name] = None  # type: ignore[assignment]  # makes an import fail, as if it were not installed


@pytest.hookimpl(tryfirst=True)  # before those of a campaign are left out
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Heavy files first, all others in their order; samples of long lists."""
    mark_samples(items, QUICK if config.getoption("--quick") else 1)
    config.stash[COLLECTED] = {item.nodeid.partition("::")[0] for item in items}
    config.stash[ALONE] = of_campaigns_alone(items)
    places = {ROOT / "tests" / name: place for place, name in enumerate(HEAVY)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """With --quick, a file that cannot be imported for want of PyTorch counts as skipped.

    One that says so itself is not tried: pytest would rewrite its assertions and format a traceback for nothing."""
    if not collector.config.getoption("--quick"):
        return (yield)
    named = NAMES_TORCH.search(collector.path.read_text()) if isinstance(collector, pytest.Module) else None
    if named:
        collector.collect = list  # type: ignore[method-assign]
    report = yield
    call = getattr(report, "call", None)
    cause = call.excinfo.value.__cause__ if call is not None and call.excinfo is not None else None
    lacks = isinstance(cause, ModuleNotFoundError) and str(cause.name).partition(".")[0] in TORCH
    if named or lacks:
        name = named[1] if named else str(cause.name)
        report.outcome, report.longrepr = "skipped", (str(collector.path), 0, f"Skipped: imports {name}")
    return report


@pytest.fixture(autouse=True)
def signals_are_those_of_pytest() -> Iterator[None]:
    """A command takes Ctrl-C and SIGTERM for good; a test that calls one in this process gives them back."""
    before = [(number, signal.getsignal(number)) for number in SIGNALS]
    hook = sys.unraisablehook
    yield
    sys.unraisablehook = hook
    for number, handler in before:
        signal.signal(number, handler)


@pytest.fixture
def compiled_library(sim_output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Verilator's own library is compiled once for all tests, those too that build in a folder of their own."""
    import t2c.tb.simulation.verilator as verilator

    own = verilator.runtime_objects
    shared = (sim_output / "builds").resolve()
    monkeypatch.setattr(verilator, "runtime_objects", lambda _, *key: own(shared, *key))


@pytest.fixture(scope="session")
def examples() -> Path:
    """The packages that ship."""
    return ROOT / "examples"


@pytest.fixture(scope="session")
def sim_output() -> Path:
    """Where simulator builds and runs go. Builds are shared with `make sim`; runs are not shared between workers, since
    tests look at the files of a run that they do not lock."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        return ROOT / "sim_build"
    output, builds = ROOT / "sim_build" / f"tests-{worker}", ROOT / "sim_build" / "builds"
    builds.mkdir(parents=True, exist_ok=True)
    output.mkdir(exist_ok=True)
    with contextlib.suppress(FileExistsError):
        (output / "builds").symlink_to(builds)
    return output
