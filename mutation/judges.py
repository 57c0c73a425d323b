"""Which judge a unit has, by what its declaration holds."""

from __future__ import annotations

from mutation.bench_judge import BenchJudge
from mutation.core_judge import BUILD_OF, CoreJudge
from mutation.judge import Judge
from mutation.proof_judge import ProofJudge
from t2c.common.errors import SettingError
from t2c.tb.catalogue.unit_registry import mutated_units

ALL_UNITS = "all"


def find_judge(name: str) -> Judge:
    """The judge of a unit that `make mutate` takes.

    Raises:
        SettingError: there is no such unit.
    """
    declared = {unit.name: unit for unit in mutated_units()}
    if name not in declared:
        text = "{unit} = {name!r} is not one of {names}"
        raise SettingError(text, {"name": name, "names": ", ".join([ALL_UNITS, "golden", *declared])})
    if name in BUILD_OF:
        return CoreJudge(unit=name)
    return BenchJudge(unit=name) if declared[name].bench else ProofJudge(unit=name)
