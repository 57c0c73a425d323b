"""Read a module's real ports: pyslang elaborates it, Verilog or SystemVerilog, with the parameters of its build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import SupportsInt, cast

import pyslang
from pyslang import ast, parsing, syntax

from t2c.common.errors import UserError

TIMESCALE = "1ns / 1ps"
"""Of files without a `timescale, beside which others may have one; the runs have the same."""
_TAKEN = (
    *(
        "AllowArrayConcatAssignPattern",
        "AllowBareValParamAssignment",
        "AllowHierarchicalConst",
        "AllowMergingAnsiPorts",
    ),
    *("AllowRecursiveImplicitCall", "AllowSelfDeterminedStreamConcat", "AllowUnnamedGenerate", "AllowUseBeforeDeclare"),
    *("RelaxEnumConversions", "RelaxStringConversions"),
)
"""What the standard forbids and simulators take."""
_DIRECTIONS = {
    ast.ArgumentDirection.In: "input",
    ast.ArgumentDirection.Out: "output",
    ast.ArgumentDirection.InOut: "inout",
}


class SourceError(UserError):
    """Verilog that does not elaborate; the message begins with file:line."""


class NoModule(SourceError):
    """The sources hold no module of that name; the message lists what they hold."""


@dataclass(frozen=True, kw_only=True)
class PortArray:
    """An unpacked array of packed vectors. first, last: indices as they are declared; bits, signed: of an element."""

    first: int
    last: int
    bits: int
    signed: bool

    @property
    def indices(self) -> range:
        """From the lowest, which is element 0, to the highest."""
        return range(min(self.first, self.last), max(self.first, self.last) + 1)


@dataclass(frozen=True, kw_only=True)
class Port:
    """direction: input, output or inout; width: bits, 0 for what is no packed vector; line: file:line; signed; array:
    what it is if it is an unpacked array of vectors."""

    direction: str
    width: int
    line: str
    signed: bool = False
    array: PortArray | None = None


@dataclass(frozen=True, kw_only=True)
class Module:
    """An elaborated module. parameters: integers by name, None for a text; definitions: all modules of its sources."""

    name: str
    ports: Mapping[str, Port]
    parameters: Mapping[str, int | None]
    definitions: frozenset[str]


class Elaboration:
    """Sources, elaborated with one top module.

    Args:
        sources: files, in any order.
        top: name of the module.
        parameters: overrides; those that the module does not have are ignored here.
        includes: folders of `include files.
        defines: macros.
        doubtful: an error inside modules that leaves the ports of the top known is kept in `doubt` instead: whether the
            sources are Verilog is then for the simulator to say.

    Raises:
        SourceError: a syntax or elaboration error, or no such module.
    """

    doubt: SourceError | None = None

    def __init__(
        self,
        sources: Sequence[Path],
        top: str,
        parameters: Mapping[str, int | str] | None = None,
        *,
        includes: Sequence[Path] = (),
        defines: Mapping[str, str] | None = None,
        doubtful: bool = False,
    ) -> None:
        self._manager = pyslang.SourceManager()
        options = ast.CompilationOptions()
        options.topModules = {top}
        for flag in _TAKEN:
            options.flags |= getattr(ast.CompilationFlags, flag)
        options.defaultTimeScale = pyslang.TimeScale.fromString(TIMESCALE)
        options.paramOverrides = [f"{name}={literal(value)}" for name, value in (parameters or {}).items()]
        preprocessor = parsing.PreprocessorOptions()
        preprocessor.additionalIncludePaths = [str(folder) for folder in includes]
        preprocessor.predefines = [f"{name}={value}" for name, value in (defines or {}).items()]
        bag = pyslang.Bag([preprocessor, options])
        self._compilation = ast.Compilation(bag)
        self._trees = [syntax.SyntaxTree.fromFile(str(path), self._manager, bag) for path in sources]
        for tree in self._trees:
            self._compilation.addSyntaxTree(tree)
        self.definitions = frozenset(
            item.name for item in self._compilation.getDefinitions() if isinstance(item, ast.DefinitionSymbol)
        )
        try:
            self._refuse_errors(top)
        except NoModule:
            raise
        except SourceError as error:
            if not (doubtful and self._ports_are_known()):
                raise
            self.doubt = error
        self._top = self._compilation.getRoot().topInstances[0]

    def _ports_are_known(self) -> bool:
        """Whether there is a top, and every port of it has a type."""
        tops = self._compilation.getRoot().topInstances
        return bool(tops) and all(
            isinstance(port, ast.PortSymbol) and not port.type.isError for port in tops[0].body.portList
        )

    def _refuse_errors(self, top: str) -> None:
        engine = pyslang.DiagnosticEngine(self._manager)
        errors = [found for found in self._compilation.getAllDiagnostics() if found.isError()]
        syntax_errors = {str(found.code) for found in self._compilation.getParseDiagnostics() if found.isError()}
        if syntax_errors:
            errors = [found for found in errors if str(found.code) in syntax_errors]
        elif top not in self.definitions:
            names = ", ".join(sorted(self.definitions)) or "none"
            raise NoModule(f"no module {top!r} in the sources; there are {names}")
        if errors:
            raise SourceError(f"{self._place(errors[0].location)}: {engine.formatMessage(errors[0])}")

    def refuse_delays(self) -> None:
        """A delay moves outputs to wherever the benches look; Verilator takes none without a scheduler.

        Raises:
            SourceError: there is one; the message begins with file:line.
        """

        def visit(node: object) -> None:
            if isinstance(node, syntax.SyntaxNode) and node.kind == syntax.SyntaxKind.DelayControl:
                place = self._place(node.sourceRange.start)
                raise SourceError(f"{place}: a delay, {str(node).strip()}; the benches take modules without delays")

        for tree in self._trees:
            tree.root.visit(visit)

    def _place(self, location: pyslang.SourceLocation) -> str:
        return f"{self._manager.getFileName(location)}:{self._manager.getLineNumber(location)}"

    def top(self) -> Module:
        return self._module(self._top)

    def instance(self, path: str) -> Module:
        """The module of an instance below the top, such as i_engine.i_array."""
        return self._module(self._find(path))

    def _find(self, path: str) -> ast.InstanceSymbol:
        found: ast.InstanceSymbol = self._top
        for name in path.split("."):
            symbol = found.body.find(name)
            assert isinstance(symbol, ast.InstanceSymbol), path
            found = symbol
        return found

    def signal_width(self, path: str) -> int | None:
        """Bits of a signal by its path below the top, such as i_engine.sum_q; None if there is none such."""
        found = self._top.body.lookupName(path)
        kind = getattr(found, "type", None)
        return int(kind.bitWidth) if kind is not None and kind.isIntegral else None

    def modules_outside(self, path: str) -> set[str]:
        """Names of all modules that are instantiated, except within the instance at that path below the top."""
        names, inner = {self._top.definition.name}, self._find(path).hierarchicalPath

        def visit(symbol: object) -> object:
            if isinstance(symbol, ast.InstanceSymbol):
                if symbol.hierarchicalPath == inner:
                    return ast.VisitAction.Skip
                names.add(symbol.definition.name)
            return ast.VisitAction.Advance

        self._top.body.visit(visit)
        return names

    def _module(self, instance: ast.InstanceSymbol) -> Module:
        ports = {}
        for port in instance.body.portList:
            if not isinstance(port, ast.PortSymbol):
                raise SourceError(
                    f"{self._place(port.location)}: port {port.name!r} is no plain vector; wrap the module"
                )
            ports[port.name] = Port(
                direction=_DIRECTIONS.get(port.direction, "ref"),
                width=port.type.bitWidth if port.type.isIntegral else 0,
                line=self._place(port.location),
                signed=port.type.isIntegral and port.type.isSigned,
                array=_array(port.type),
            )
        parameters = {
            item.name: None if _is_text(item) else int(cast("SupportsInt", item.value.value))
            for item in instance.body.parameters
            if isinstance(item, ast.ParameterSymbol) and not item.isLocalParam
        }
        return Module(name=instance.definition.name, ports=ports, parameters=parameters, definitions=self.definitions)


def _array(kind: ast.Type) -> PortArray | None:
    if not isinstance(kind, ast.FixedSizeUnpackedArrayType) or not kind.elementType.isIntegral:
        return None
    element = kind.elementType
    return PortArray(first=kind.range.left, last=kind.range.right, bits=element.bitWidth, signed=element.isSigned)


def _is_text(parameter: ast.ParameterSymbol) -> bool:
    """A parameter that is no number; Verilog-2005 takes a text for a vector of its characters."""
    written = parameter.initializer
    while isinstance(written, ast.ConversionExpression):
        written = written.operand
    return isinstance(written, ast.StringLiteral) or not isinstance(parameter.value.value, pyslang.SVInt)


def literal(value: int | str) -> str:
    """A parameter's value in Verilog; what is beyond 32 bits needs its size."""
    if isinstance(value, str):
        return f'"{value}"'
    return str(value) if -(1 << 31) <= value < 1 << 31 else f"{'-' if value < 0 else ''}66'sd{abs(value)}"
