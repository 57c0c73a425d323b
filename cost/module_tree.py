"""What each module of a netlist is made of, from what Yosys' `stat -json` says of a design that was not flattened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from t2c.cost.families import Family

Cells = Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class ModuleCost:
    """A module and what is in it.

    module: its name in the sources; instances: how many of it the one above has; cells: of one instance with all below
    it; below: the modules in it.
    """

    module: str
    instances: int
    cells: Cells
    below: tuple[ModuleCost, ...] = ()

    def rows(self, depth: int = 0) -> Iterator[tuple[int, ModuleCost]]:
        """This module and all below it with their depths, each before those in it."""
        yield depth, self
        for module in self.below:
            yield from module.rows(depth + 1)

    def to_json(self, family: Family) -> dict[str, Any]:
        """Counts of one instance, and the modules below it."""
        said: dict[str, Any] = {"module": self.module, "instances": self.instances, **family.count(self.cells)}
        return {**said, "below": [module.to_json(family) for module in self.below]} if self.below else said


def source_name(module: str) -> str:
    r"""The name that a module has in its source; Yosys names copies of it after their parameters.

    >>> [source_name(name) for name in ("\\ram", "$paramod\\ram\\W=s32'00001000", "$paramod$4f5a\\mac_pe")]
    ['ram', 'ram', 'mac_pe']
    """
    return module.split("\\")[1] if "\\" in module else module


def design_cells(stat: Mapping[str, Any]) -> dict[str, int]:
    """Cells of a whole design, as often as they are there: the part `design` of `stat -json`."""
    return _real(stat["design"]["num_cells_by_type"])


def _real(cells: Cells) -> dict[str, int]:
    """Without those that only say where the others came from."""
    return {name: number for name, number in cells.items() if name != "$scopeinfo"}


def module_tree(stat: Mapping[str, Any], top: str) -> ModuleCost:
    """The modules of a netlist; those of one name and one content are one entry, with their number.

    Args:
        stat: what `stat -json` printed.
        top: the name of the module at the top.
    """
    modules: dict[str, dict[str, int]] = {
        name: _real(facts["num_cells_by_type"]) for name, facts in stat["modules"].items()
    }
    (name,) = (name for name in modules if source_name(name) == top and not _is_inside(name, modules))
    return _tree(name, 1, modules)


def _is_inside(name: str, modules: Mapping[str, Cells]) -> bool:
    return any(_key(name, cells) for cells in modules.values())


def _key(name: str, cells: Cells) -> str | None:
    """The type by which cells instantiate a module; stat leaves the backslash of a plain name away there."""
    return next((key for key in (name, name.removeprefix("\\")) if key in cells), None)


def _tree(name: str, instances: int, modules: Mapping[str, Cells]) -> ModuleCost:
    own = dict(modules[name])
    below = []
    for other in modules:
        if key := _key(other, own):
            below.append(_tree(other, own.pop(key), modules))
    total = Counter(own)
    for module in below:
        total.update({cell: number * module.instances for cell, number in module.cells.items()})
    return ModuleCost(module=source_name(name), instances=instances, cells=dict(total), below=tuple(_merged(below)))


def _merged(modules: list[ModuleCost]) -> Iterator[ModuleCost]:
    """Those that are alike but for their parameters as one entry, in the order of the first."""
    left = list(modules)
    while left:
        first = left.pop(0)
        same = [other for other in left if (other.module, other.cells) == (first.module, first.cells)]
        left = [other for other in left if other not in same]
        count = first.instances + sum(other.instances for other in same)
        yield ModuleCost(module=first.module, instances=count, cells=first.cells, below=first.below)
