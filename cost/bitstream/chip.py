"""The module of a chip for one network: the core with its memories filled, without the trace that only tests read."""

from __future__ import annotations

from collections.abc import Mapping

from t2c.cost.core_header import core_header
from t2c.tb.catalogue.unit import CORE

CHIP = "chip"
_TRACE = "trace_"


def chip_verilog(values: Mapping[str, int], files: Mapping[str, str]) -> str:
    """Verilog of the chip.

    Args:
        values: parameters of the core, by name.
        files: names of files, by the parameter of the core that takes them.
    """
    header = core_header()
    shown = {**header.parameters, **values, **{name: f'"{file}"' for name, file in files.items()}}
    parameters = ",\n".join(f"    parameter {name} = {value}" for name, value in shown.items())
    ports = [port for port in header.ports if not port.name.startswith(_TRACE)]
    declared = ",\n".join(f"    {port.text} {port.name}" for port in ports)
    passed = ", ".join(f".{name}({name})" for name in shown)
    connected = ",\n        ".join(
        f".{port.name}({'' if port.name.startswith(_TRACE) else port.name})" for port in header.ports
    )
    return (
        f"// {CHIP}: {CORE} with a network in its memories. Made by make bitstream.\n{header.head}\n"
        f"module {CHIP} #(\n{parameters}\n) (\n{declared}\n);\n\n"
        f"    {CORE} #(\n        {passed}\n    ) i_core (\n        {connected}\n    );\n\n"
        "endmodule\n\n`default_nettype wire\n"
    )
