"""Every list of planted faults that `make test` samples is run whole by `make faults`, by several workers; what takes
longest comes first."""

from __future__ import annotations

import re
import subprocess
from types import SimpleNamespace
from typing import Any

import pytest

from tests.campaign import ALONE, COLLECTED, mark_samples, of_campaigns_alone
from tests.conftest import HEAVY, ROOT, pytest_collection_modifyitems

SAMPLES = re.compile(r"\bcrossed\(|\bmark\.(?:campaign|sample)\b")
SELF = "tests/test_campaigns.py"
TOO_LONG = {
    "tests/accelerator/test_generated_examples.py::test_a_core_of_nngen_behind_every_stall",
    "tests/accelerator/test_stream_door.py::test_the_example_is_right_behind_every_stall",
    "tests/cost/test_gates.py::test_a_unit_with_a_table_by_the_command",
    "tests/mutation/test_mutation.py::test_mutants_end_as_they_must",
    "tests/pipelines/test_pipeline_command.py::test_the_netlist_is_the_network_and_that_of_a_wrong_weight_is_not",
    "tests/rom_folder/test_loaders.py::test_a_core_with_little_memory",
    "tests/rom_folder/test_loaders.py::test_resnet20_runs_on_verilator",
    "tests/t2c/test_deit_example.py::test_the_script_makes_a_package",
    "tests/t2c/test_digits.py::test_two_builds_give_the_same_bytes",
    "tests/t2c/test_tutorial.py::test_the_page_runs_as_printed_and_its_package_passes_on_the_rtl",
    "tests/t2c/test_tutorial_ssl_loss.py::test_the_page_runs_as_printed_and_its_package_passes_on_the_rtl",
    "tests/t2c/test_vit_models.py::test_every_variant_is_made_by_its_name",
    "tests/tb/test_byo_engine.py::test_a_foreign_engine_runs_the_campaign",
    "tests/tb/test_byo_engine.py::test_an_engine_of_any_size_runs_what_happens_in_the_middle_of_a_program",
    "tests/tb/test_byo_engine.py::test_the_replay_of_a_program_fails_on_the_same_module",
    "tests/tb/test_core.py::test_every_stall_profile_costs_cycles",
    "tests/tb/test_core.py::test_parameter_lanes_of_98_bits",
    "tests/tb/test_coverage_programs.py::test_the_campaign_hits_every_bin",
    "tests/tb/test_coverage_report.py::test_a_real_run_on_verilator",
    "tests/tb/test_element_arrays.py::test_the_page_runs_from_the_class_to_the_rtl",
    "tests/tb/test_expect.py::test_the_example_of_the_page_on_verilator",
    "tests/tb/test_faults_norm.py::test_planted_fault_is_killed",
    "tests/tb/test_faults_norm.py::test_the_untouched_unit_is_green",
    "tests/tb/test_faults_softmax.py::test_the_untouched_unit_is_green",
    "tests/tb/test_faults_space.py::test_a_fault_of_width_or_range_is_noticed",
    "tests/tb/test_faults_space.py::test_no_fault_is_chosen",
    "tests/tb/test_power_up.py::test_constants_survive_power_up",
    "tests/tb/test_shrink.py::test_a_fault_in_the_rtl_comes_down_to_a_layer_of_few_pixels",
    "tests/tb/test_twelve_kinds.py::test_a_job_of_the_regression_catches_it",
    "tests/tb/test_twelve_kinds.py::test_the_campaign_of_an_engine_catches_it",
    "tests/test_wheel.py::test_a_project_with_folders_of_our_names_runs_its_own_test",
}
"""Tests that only `make faults` runs: each takes about ten seconds or far more, and smaller ones call the same."""


def files_with_samples() -> list[str]:
    files = {str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py")} - {SELF}
    return sorted(file for file in files if SAMPLES.search((ROOT / file).read_text()))


def test_make_faults_runs_every_file_that_make_test_samples() -> None:
    printed = subprocess.run(["make", "-n", "faults"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    sampled = files_with_samples()
    assert sampled
    assert sampled == sorted(word for word in printed.split() if re.fullmatch(r"tests/.*\.py", word))


def test_files_that_come_first_are_there() -> None:
    """In the order of the list, whatever their folders; the command must keep it."""
    assert len(set(HEAVY)) == len(HEAVY)
    assert [name for name in HEAVY if not (ROOT / "tests" / name).is_file()] == []
    for target in ("check", "test", "faults"):
        printed = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert " --dist loadfile --no-loadscope-reorder " in printed, target


def test_heavy_files_are_collected_first() -> None:
    config = SimpleNamespace(stash={}, getoption=lambda name: False)
    unmarked: dict[str, Any] = {"get_closest_marker": lambda name: None}
    names = ("test_a.py", HEAVY[1], HEAVY[0])
    later, heavy, first = (SimpleNamespace(path=ROOT / "tests" / name, nodeid=name, **unmarked) for name in names)
    items = [later, heavy, first]
    pytest_collection_modifyitems(config, items)  # type: ignore[arg-type]
    assert items == [first, heavy, later]


def test_make_test_runs_a_case_of_every_other_function(pytestconfig: pytest.Config) -> None:
    """One that only `make faults` runs breaks unseen when what it calls changes. Here of the files of this run: all of
    them, in `make test`."""
    files = pytestconfig.stash[COLLECTED]
    assert SELF in files
    assert pytestconfig.stash[ALONE] == {name for name in TOO_LONG if name.partition("::")[0] in files}


def test_a_sample_is_every_nth_case_of_what_is_not_of_a_campaign_already() -> None:
    items = [Item("a.py::f", number, 2, of_campaign=number == 2) for number in range(6)]
    items += [Item("a.py::g", number, None) for number in range(3)]
    mark_samples(items)  # type: ignore[arg-type]
    assert [item.of_campaign for item in items] == [*(False, True, True, False, True, False), *[False] * 3]
    mark_samples(items[-3:], others=2)  # type: ignore[arg-type]
    assert [item.of_campaign for item in items[-3:]] == [False, True, False]


def test_a_function_without_a_case_of_make_test_is_found() -> None:
    items = [Item(f"a.py::{name}", number, None, of_campaign=True) for name in "fg" for number in range(3)]
    items[1].of_campaign = False
    assert of_campaigns_alone(items) == {"a.py::g"}  # type: ignore[arg-type]


class Item:
    """What `mark_samples` asks of a test."""

    def __init__(self, function: str, case: int, every: int | None, *, of_campaign: bool = False) -> None:
        self.nodeid, self.every, self.of_campaign = f"{function}[{case}]", every, of_campaign

    def get_closest_marker(self, name: str) -> Any:
        if name == "campaign":
            return self.of_campaign or None
        return None if self.every is None else pytest.mark.sample(self.every).mark

    def add_marker(self, _: object) -> None:
        self.of_campaign = True
