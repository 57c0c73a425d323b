"""A user's layer engine in the place of ours: the files of a core that holds it."""

from __future__ import annotations

from pathlib import Path

from mapping.hardware import Hardware
from tb.dut.check import check
from tb.dut.description import Description
from tb.dut.door import OWN, write_adapter
from tb.dut.ports import Elaboration
from tb.filelist import NAME as FILELIST
from tb.filelist import read_filelist
from tb.runner import RTL

UNIT, CORE, INSTANCE = "layer_engine", "t2c_core", "i_engine"


def core_with(description: Description, hardware: Hardware, output: Path) -> Path:
    """Folder of RTL in which the described engine has the place of ours; ours itself is the RTL as it is.

    Of our files only those go along that the core needs outside its engine, so that the engine may bring modules of
    any other name.

    Args:
        description: of the engine.
        hardware: parameters of the core.
        output: folder of all simulation output.

    Raises:
        DescriptionError, SourceError: the description does not fit.
    """
    files = read_filelist(RTL / FILELIST).sources
    core = Elaboration(files, CORE, hardware.parameters(), includes=[RTL])
    wiring = check(description, core.instance(INSTANCE))
    for name, value in description.unit_parameters.items():
        built = wiring.ours.parameters[name]
        if built != value:
            text = f"unit_parameters: {name} is {value}, this run builds {name} = {built}; make sim takes {name}=..."
            raise description.error(f"unit_parameters.{name}", text)
    if description.path.parent == OWN:
        return RTL
    outside = core.modules_outside(INSTANCE)
    around = [path for path in files if path.stem in outside]
    return write_adapter(wiring, UNIT, output, around, includes=(RTL,))
