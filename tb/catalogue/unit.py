"""A unit: one folder that says all there is to say of one module of RTL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from t2c.common.places import RTL
from t2c.tb.catalogue.interface import Interface
from t2c.tb.catalogue.proof import Proof
from t2c.tb.catalogue.unit_table import TableKind

Parameters = Mapping[str, int]
CORE = "t2c_core"
"""The unit in which `inside_core` is."""
NEEDS = ("latency", "reset")
"""What a test may need besides features of the interface."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Unit:
    """A module of RTL and all that is said of it; whatever lists units reads it here.

    folder: of the declaration, whose name is that of the unit and of its top module. `description.yaml` in it is the
    unit's own description, `formal/` holds the Verilog of its proofs and invariants.
    rtl: folder with its RTL and a filelist.f.
    parameters: the defaults that bench and mutants are built with; bench: dotted name of the module of cocotb tests,
    empty if there is none yet; tests: all of the bench's; table: the table that it is given, None if it has none.
    interface: what a description may say; None if nobody's module can take its place. inside_core: path of the
    instance in t2c_core, if a module can run there in its place; programs: it is the core, which programs of steps run.
    ends: builds that the tests run besides the usual one, both ends of the ranges; covered: builds of `make coverage`
    besides the usual one; linted: builds that every checker must take in silence; refused: builds that must stop it.
    proofs: of `make formal`; mutated: `make mutate` takes it; its bench, its proofs or runs of the core
    judge the mutants.
    """

    folder: Path
    rtl: Path = RTL
    parameters: Parameters = field(default_factory=dict)
    bench: str = ""
    tests: tuple[str, ...] = ()
    table: TableKind | None = None
    interface: Interface | None = None
    inside_core: str = ""
    programs: bool = False
    ends: tuple[Parameters, ...] = ()
    covered: tuple[Parameters, ...] = ()
    linted: tuple[Parameters, ...] = ({},)
    refused: tuple[Parameters, ...] = ()
    proofs: tuple[Proof, ...] = ()
    mutated: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", self.folder.resolve())
        object.__setattr__(self, "proofs", tuple(replace(proof, unit=self.name) for proof in self.proofs))

    @property
    def name(self) -> str:
        """Of the unit, its folder and its top module."""
        return self.folder.name

    @property
    def runs(self) -> bool:
        """`make sim UNIT=` runs it: alone on a bench, inside the core, or as the core."""
        return bool(self.bench or self.inside_core or self.programs)

    @property
    def description(self) -> Path:
        """Its own description."""
        return self.folder / "description.yaml"

    @property
    def formal(self) -> Path:
        """Folder of the Verilog that proofs and mutants need."""
        return self.folder / "formal"

    @property
    def invariants(self) -> Path | None:
        """Verilog of what holds in every cycle after a reset; None if nothing is stated."""
        path = self.formal / f"{self.name}_invariants.vh"
        return path if path.is_file() else None

    def check(self) -> None:
        """Hold the parts against one another, as a registration does.

        Raises:
            ValueError: two that do not go together.
        """
        if not self.name.isidentifier():
            raise ValueError(f"unit {self.name!r}: the folder has the name of the top module")
        if bool(self.bench) != bool(self.tests):
            raise ValueError(f"unit {self.name}: a bench has tests, and tests have a bench")
        if self.mutated and not (self.bench or self.proofs or self.inside_core or self.name == CORE):
            text = "mutants are for a bench to find, for a proof or for runs of the core, and there is none"
            raise ValueError(f"unit {self.name}: {text}")
        if (self.bench or self.inside_core) and self.interface is None:
            raise ValueError(f"unit {self.name}: interface is missing; what runs has one, be it Interface()")
        if self.interface:
            self._check_needs(self.interface)
        for proof in self.proofs:
            if not (self.formal / f"{proof.top}.v").is_file():
                raise ValueError(f"unit {self.name}: proof {proof.name}: there is no {proof.top}.v in {self.formal}")
        for builds in (self.ends, self.covered):
            for name in {name for build in builds for name in build if name not in self.parameters}:
                raise ValueError(f"unit {self.name}: no default for {name}, which a build sets")

    def _check_needs(self, interface: Interface) -> None:
        for test, needs in interface.needs.items():
            if test not in self.tests:
                raise ValueError(f"unit {self.name}: needs of {test!r}, which is none of its tests")
            for need in needs:
                if need not in (*NEEDS, *interface.features):
                    raise ValueError(f"unit {self.name}: test {test!r} needs {need!r}, which is no feature")
