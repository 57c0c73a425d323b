"""What the units of processing elements declare alike: the bench of all elements, and the builds that it runs in."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.interface import Interface
from t2c.tb.catalogue.proof import Proof
from t2c.tb.catalogue.unit import Parameters, Unit


def element_unit(
    folder: Path,
    *,
    parameters: Parameters,
    ends: tuple[Parameters, ...],
    refused: tuple[Parameters, ...],
    proofs: tuple[Proof, ...] = (),
) -> Unit:
    """The unit of an element; arguments as fields of `Unit`, ends are covered and linted too."""
    return Unit(
        folder=folder,
        parameters=parameters,
        bench="t2c.tb.units.element_bench",
        tests=("corners", "random_data"),
        interface=Interface(),
        ends=ends,
        covered=ends,
        linted=({}, *ends),
        refused=refused,
        proofs=proofs,
        mutated=True,
    )
