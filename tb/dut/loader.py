"""Load a module for a unit bench: a description in, a design to build and what its bench must know out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from t2c.tb.catalogue.unit import Unit
from t2c.tb.catalogue.unit_registry import units
from t2c.tb.dut.adapter import adapter_text
from t2c.tb.dut.description import Description
from t2c.tb.dut.description_check import check
from t2c.tb.dut.ports import Elaboration, Module, Port, SourceError
from t2c.tb.dut.traits import Traits
from t2c.tb.dut.wiring import Wiring
from t2c.tb.simulation.filelist import NAME as FILELIST
from t2c.tb.simulation.filelist import FileList, read_filelist
from t2c.tb.simulation.runner import Design

BRIDGE = Path(__file__).parent / "hdl" / "dut_bridge.v"
_PUBLISHED = ("*_i", "*_o", "*_ni")


@dataclass(frozen=True, kw_only=True)
class LoadedModule:
    """A module ready for a bench. design: to build; traits: for the bench; missing: test -> why it does not apply."""

    design: Design
    traits: Traits
    missing: Mapping[str, str]


def is_own(description: Description) -> bool:
    """Whether this is a unit's own description, not that of a module which takes its place."""
    return description.path.resolve() == units()[description.unit].description


def own_module(unit: Unit, parameters: Mapping[str, int]) -> Module:
    """A unit's own module, elaborated.

    Raises:
        SourceError: parameters outside their ranges.
    """
    files = read_filelist(unit.rtl / FILELIST)
    includes = [unit.rtl, *files.includes]
    return Elaboration(files.sources, unit.name, parameters, includes=includes, defines=files.defines).top()


def load_module(
    description: Description,
    parameters: Mapping[str, int],
    output: Path,
    rtl: Path | None = None,
    *,
    table: Path | None = None,
) -> LoadedModule:
    """Check a description and make what its bench needs.

    A module that is wired one to one, as our own units are, is the top itself: an adapter would only add a level to
    hierarchies and waveforms.

    Args:
        description: of the module.
        parameters: of our unit in this run.
        output: folder of all simulation output; the adapter goes below it.
        rtl: folder that takes the place of the unit's own RTL, for a direct module (tests plant faults in copies).
        table: where the table of a table unit will lie.

    Raises:
        YamlError, SourceError: the description does not fit.
    """
    unit = units()[description.unit]
    try:
        ours = own_module(unit, parameters)
    except SourceError as error:
        found = re.search(rf"{description.unit}_(\w+)_out_of_range", str(error))
        reason = _outside(found[1].split("_plus_"), parameters) if found else str(error)
        raise description.error("unit_parameters", f"unit_parameters: {reason}") from error
    own = is_own(description)
    wiring = check(description, ours if own else _styled(description, ours), table)
    if own and wiring.direct:
        design = Design(top=description.unit, parameters=parameters, rtl=rtl or unit.rtl, published=_PUBLISHED)
    else:
        design = adapter_design(wiring, f"dut_{description.unit}", output)
    return LoadedModule(design=design, traits=traits_of(wiring), missing=_missing(wiring))


def _styled(description: Description, ours: Module) -> Module:
    """Our module with the ports that a module of that style has, which its adapter then has too."""
    style = description.interface.style
    if style is None:
        return ours
    known = {name: value for name, value in ours.parameters.items() if value is not None}
    try:
        ports = style.ports(description.style, known)
    except ValueError as error:
        raise description.error(str(error).partition(":")[0], str(error)) from error
    kept = {name: port for name, port in ours.ports.items() if name in ("clk_i", "rst_ni")}
    made = {name: Port(direction=direction, width=bits, line="") for name, (direction, bits) in ports.items()}
    return replace(ours, ports={**kept, **made})


def _outside(names: Sequence[str], parameters: Mapping[str, int]) -> str:
    """That a parameter, or a sum of some, is none that our unit can have."""
    return f"{' + '.join(names)} = {sum(parameters.get(name, 0) for name in names)} is outside its range"


def adapter_design(wiring: Wiring, name: str, output: Path) -> Design:
    """Write the adapter and say how to build it."""
    return Design(top=name, rtl=write_adapter(wiring, name, output, around=(BRIDGE,)), published=_PUBLISHED)


def write_adapter(
    wiring: Wiring, name: str, output: Path, around: Sequence[Path], includes: Sequence[Path] = (), late: int = 0
) -> Path:
    """Write the adapter into a folder that is named after its content; return the folder.

    Args:
        wiring: who is connected to whom.
        name: of the adapter.
        output: folder of all simulation output.
        around: files of ours that are built with it, each with a module of its name.
        includes: folders of what they `include.
        late: cycles by which its outputs are held back.

    Raises:
        UserError: their sources define a module that is among ours too.
    """
    description = wiring.description
    clash = sorted(wiring.theirs.definitions & {name, *(path.stem for path in around)})
    if clash:
        raise description.error("sources", f"sources: module {clash[0]!r} has the name of one that the harness needs")
    text = adapter_text(wiring, name, late)
    files = FileList(
        sources=(*description.sources, *around),
        includes=(*description.includes, *includes),
        defines=description.defines,
    )
    folder = output / "duts" / f"{name}-{hashlib.sha256((text + files.text()).encode()).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    adapter = folder / f"{name}.v"
    for path, content in ((adapter, text), (folder / FILELIST, files.text() + f"{adapter.name}\n")):
        if not path.is_file() or path.read_text() != content:
            path.write_text(content)
    return folder


def traits_of(wiring: Wiring) -> Traits:
    """What the bench must know."""
    d = wiring.description
    return Traits(
        handshake=d.handshake,
        latency=wiring.latency,
        rounding=tuple(d.rounding.codes) if d.rounding else (),
        output=d.output,
        constants=wiring.constants,
        absent=d.absent,
        lane_order=d.lane_order,
        weight_rows=d.weight_rows,
        style={} if is_own(d) else d.style,
        reset=d.reset is not None,
        own=is_own(d),
        rules=wiring.rules,
    )


def _missing(wiring: Wiring) -> dict[str, str]:
    """Tests that need what the module does not have."""
    d, found = wiring.description, {}
    for test, needs in d.interface.needs.items():
        for need in needs:
            if need in d.absent:
                found[test] = f"{need} is absent"
            elif need == "latency" and wiring.latency is None:
                found[test] = "no latency is stated"
            elif need == "reset" and d.reset is None:
                found[test] = "it has no reset"
    return found
