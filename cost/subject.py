"""From what a user asks for to the design that is synthesised: a unit, or the core for a network."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from t2c.common.errors import SettingError
from t2c.common.places import OUTPUT, RTL
from t2c.contract.element_rtl import element_rtl
from t2c.contract.field_kinds import WORD_BITS
from t2c.contract.hardware import Hardware
from t2c.cost.design import SynthesisDesign
from t2c.golden.graph.find_package import open_package
from t2c.mapping.compiler import ALL, compile_program
from t2c.mapping.fitting import fitted
from t2c.mapping.images import write_program
from t2c.mapping.lower import hardware_fields
from t2c.mapping.program import Program
from t2c.tb.catalogue.unit import CORE
from t2c.tb.catalogue.unit_registry import units
from t2c.tb.catalogue.unit_table import UnitTable

SEED = 1
"""Of contents that stand for any others."""
FILES = {"program": "PROGRAM_FILE", "weights": "WEIGHT_FILE", "params": "PARAM_FILE", "tables": "TABLE_FILE"}
"""Parameters of the core that name files, by the plusarg that does so in simulation."""


def unit_design(name: str, parameters: Mapping[str, int]) -> SynthesisDesign:
    """A unit, with the parameters of its bench but for those that are given, and a table of its bench if it has one.

    Raises:
        SettingError: no such unit, or it has no such parameter; the message lists those that there are.
    """
    if name not in units():
        raise SettingError("{unit} = {name!r} is not one of {known}", {"name": name, "known": ", ".join(units())})
    unit = units()[name]
    known = module_parameters(unit.rtl / f"{name}.v")
    for given in parameters:
        if given not in known:
            values = {"given": given, "top": name, "known": ", ".join(known)}
            raise SettingError("{top} has no parameter {given}; it has {known}", values)
    chosen, files = {**unit.parameters, **parameters}, {}
    if unit.table:
        table = unit.table.made(unit.table.names[0], chosen, np.random.default_rng(SEED))
        chosen |= table.parameters
        files[unit.table.parameter] = table.text()
    return SynthesisDesign(top=name, rtl=unit.rtl, parameters=chosen, files=files)


def module_parameters(source: Path) -> list[str]:
    """Names of the parameters of a module of ours, a line each in its header."""
    header = source.read_text().partition(") (")[0]
    words = [line.split() for line in header.splitlines()]
    return [line[1] for line in words if line[:1] == ["parameter"]]


def core_program(model: str, wanted: Mapping[str, Any]) -> Program:
    """A network, compiled for the core with the smallest memories that hold it whole; what is given wins.

    Args:
        model: a package, or the name of an example.
        wanted: fields of `Hardware` by name, the array among them.

    Raises:
        UserError: no such package, or a hardware on which it cannot run.
    """
    _, package = open_package(model)
    graph = package.graph
    program = fitted(graph, Hardware(**hardware_fields(graph, wanted["rows"], wanted["cols"], wanted)))
    hardware = replace(program.hardware, **wanted)
    if hardware != program.hardware:
        program = compile_program(graph, ALL, hardware)
    return program


def core_design(hardware: Hardware, output: Path = OUTPUT) -> SynthesisDesign:
    """The core with these parameters. output: folder for RTL that is made of it, if its array has other elements.

    Its program memory holds random words, as a program that is loaded later may hold any: with those of one network a
    tool would take away what this network does not use.
    """
    words = np.random.default_rng(SEED).integers(0, 1 << WORD_BITS, hardware.prg_depth)
    return SynthesisDesign(
        top=CORE,
        rtl=element_rtl(hardware, RTL, output),
        parameters=hardware.parameters(),
        files={"PROGRAM_FILE": UnitTable(entries=words).text()},
    )


def core_with_contents(program: Program) -> SynthesisDesign:
    """The core of a program, with the program and its constants in its memories: what a chip for one network is.

    Args:
        program: the network.
    """
    return SynthesisDesign(top=CORE, rtl=RTL, parameters=program.hardware.parameters(), files=contents(program))


def contents(program: Program) -> dict[str, str]:
    """The memories of the core for a program, $readmemh texts by the parameter that names the file."""
    with tempfile.TemporaryDirectory() as folder:
        images = write_program(program, Path(folder))
        return {FILES[name]: path.read_text() for name, path in images.items()}
