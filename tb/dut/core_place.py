"""A user's layer engine, or systolic array, in the place of ours: the files of a core that holds it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from t2c.common.places import RTL
from t2c.contract import pipeline
from t2c.contract.hardware import Hardware
from t2c.tb.catalogue.interface import FIRST_FIRST
from t2c.tb.catalogue.unit_registry import units
from t2c.tb.dut.description import Description
from t2c.tb.dut.description_check import check
from t2c.tb.dut.loader import is_own, write_adapter
from t2c.tb.dut.ports import Elaboration
from t2c.tb.dut.wiring import Wiring
from t2c.tb.simulation.filelist import NAME as FILELIST
from t2c.tb.simulation.filelist import read_filelist

ARRAY, CORE = "systolic_array", "t2c_core"


@dataclass(frozen=True, kw_only=True)
class CoreInPlace:
    """A core with the described module. rtl: folder; lacks: signals that it does without."""

    rtl: Path
    lacks: tuple[str, ...]


def core_with(description: Description, hardware: Hardware, output: Path) -> CoreInPlace:
    """The core in which the described module has the place of ours; ours itself is the RTL as it is.

    Of our files only those go along that the core needs outside that place, so that the module may bring others of any
    other name.

    Args:
        description: of the module.
        hardware: parameters of the core.
        output: folder of all simulation output.

    Raises:
        YamlError, SourceError: the description does not fit.
    """
    files, place = read_filelist(RTL / FILELIST).sources, units()[description.unit].inside_core
    core = Elaboration(files, CORE, hardware.parameters(), includes=[RTL])
    for field in description.interface.style.fields if description.interface.style else ():
        if field in description.lines:
            text = f"{field}: inside the core an array is fed, and read, as ours is; leave out LAYER"
            raise description.error(field, text)
    wiring = check(description, core.instance(place))
    for name, value in description.unit_parameters.items():
        built = wiring.ours.parameters[name]
        if built != value:
            text = f"unit_parameters: {name} is {value}, this run builds {name} = {built}"
            raise description.error(f"unit_parameters.{name}", text)
    late = _cycles_to_wait(wiring, hardware) if description.unit == ARRAY else 0
    lacks = tuple(name for name in description.interface.optional if wiring.wire(name) is None)
    if is_own(description):
        return CoreInPlace(rtl=RTL, lacks=lacks)
    outside = core.modules_outside(place)
    around = [path for path in files if path.stem in outside]
    return CoreInPlace(
        rtl=write_adapter(wiring, description.unit, output, around, includes=(RTL,), late=late), lacks=lacks
    )


def _cycles_to_wait(wiring: Wiring, hardware: Hardware) -> int:
    """By how much an array's sums come before ours would; the engine relies on more than the bench, which adapts.

    Raises:
        YamlError: an array that the engine cannot use.
    """
    description, latency = wiring.description, pipeline.ARRAY.of(hardware)
    if wiring.latency is None or wiring.latency > latency:
        text = f"latency: {wiring.latency}; inside the core an array has at most {pipeline.ARRAY} = {latency}"
        raise description.error("latency", text)
    if description.absent or description.weight_rows != FIRST_FIRST:
        place = "absent" if description.absent else "weight_rows"
        raise description.error(place, f"{place}: inside the core an array has double buffering and takes row 0 first")
    return latency - wiring.latency
