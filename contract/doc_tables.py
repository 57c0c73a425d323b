"""The tables of docs/units that are made from the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from t2c.common.text_table import markdown_head, markdown_row
from t2c.contract import pipeline
from t2c.contract.codes import Code
from t2c.contract.descriptor import DESCRIPTOR_WORDS, FIELDS
from t2c.contract.hardware import PARAMETERS, SHIFT_W
from t2c.contract.legal_space import dimensions
from t2c.contract.operations import ROUNDINGS, TRANSFERS, Combine, Operation
from t2c.contract.registers import BITS, ErrorCode, Register
from t2c.golden.graph.dimension import Dimension
from t2c.golden.graph.kinds import NODES, node_kinds

_SEQUENCER, _LOADER = "[program_sequencer](program.md)", "[stream_loader](transfers.md)"
_ROWS = "[row_engine](row_engine.md)"
UNITS = {
    Operation.END: _SEQUENCER,
    Operation.LOAD: _LOADER,
    Operation.RUN: "[layer_engine](layer_engine.md)",
    Operation.STORE: "[stream_storer](transfers.md)",
    Operation.WEIGHTS: _LOADER,
    Operation.PARAMS: _LOADER,
    Operation.TABLES: _LOADER,
    Operation.MOVE: "[operand_mover](operand_mover.md)",
    Operation.SOFTMAX: _ROWS,
    Operation.LAYER_NORM: _ROWS,
}
"""Which unit carries out an operation."""


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    return "\n".join([*markdown_head(head), *map(markdown_row, rows), ""])


def _power(value: int) -> str:
    """A number as a reader takes it in: powers of two from 2^17 on as such, and what is one less."""
    sign = "\N{MINUS SIGN}"
    for number, less in ((abs(value), ""), (abs(value) + 1, f" {sign} 1")):
        if number >= 1 << 17 and number & (number - 1) == 0:
            return f"{sign * (value < 0)}2^{number.bit_length() - 1}{less}"
    return f"{sign * (value < 0)}{abs(value)}"


def _range(low: int, high: int) -> str:
    return f"{_power(low)}..{_power(high)}"


def _codes(codes: type[Code]) -> str:
    return table(("code", "name", "meaning"), ((str(int(code)), code.name, code.meaning) for code in codes))


def parameters() -> str:
    """Parameters of the core."""
    rows = [
        (
            f"`{entry.name}`",
            str(entry.default),
            _range(entry.low, entry.high) + (f"; {entry.also}" if entry.also else ""),
            entry.meaning,
        )
        for entry in PARAMETERS
    ]
    rows.append(("`SHIFT_W`", str(SHIFT_W), str(SHIFT_W), "bits of a shift"))
    return table(("name", "default", "range", "meaning"), rows)


def _readers(readers: frozenset[Operation]) -> str:
    """Which steps read a field, in the order of their codes."""
    if readers == frozenset(Operation):
        return "every step"
    transfers = readers >= frozenset(TRANSFERS)
    names = [code.name for code in Operation if code in readers and not (transfers and code in TRANSFERS)]
    return ", ".join(["transfers"] * transfers + names)


def fields() -> str:
    """Fields of a step."""
    rows = (
        (
            str(entry.index),
            entry.name.upper(),
            _readers(entry.readers),
            _range(entry.kind.low, entry.kind.high),
            entry.meaning,
        )
        for entry in FIELDS
    )
    return table(("word", "field", "read by", "range", "meaning"), rows)


def operations() -> str:
    """What a step can do, and which unit does it."""
    rows = ((code.name, str(int(code)), code.meaning, UNITS[code]) for code in Operation)
    return table(("operation", "code", "what it does", "unit"), rows)


def roundings() -> str:
    """Rounding codes."""
    return table(("code", "rounding"), ((str(code), mode.value) for code, mode in ROUNDINGS.items()))


def registers() -> str:
    """The register map."""
    rows = []
    for register in Register:
        parts = [bits for bits in BITS if bits.register is register]
        listed = "; ".join(
            f"{f'{part.high}:{part.low}' if part.high > part.low else part.low} {part.name}: {part.meaning}"
            for part in parts
        )
        reset = "0" if all(part.reset == 0 for part in parts) else "the build's"
        rows.append((f"`0x{register:02X}`", register.name, register.access, reset, listed, register.meaning))
    return table(("address", "name", "access", "reset", "bits", "note"), rows)


def pixel() -> str:
    """When the signals of a pixel come."""
    return table(
        ("signal of a pixel", "cycles after its issue"), ((name, str(at)) for name, at in pipeline.PIXEL.items())
    )


def steps() -> str:
    """How long each step takes."""
    turn = f" + {pipeline.TURN}"
    rows = (
        ("fetch of the first step", f"F = {DESCRIPTOR_WORDS} + {pipeline.FETCH - DESCRIPTOR_WORDS} = {pipeline.FETCH}"),
        ("LOAD, WEIGHTS, PARAMS, TABLES of n beats", f"max(n + {pipeline.LOAD}{turn}, F)"),
        ("STORE of n words", f"max(n + {pipeline.STORE}{turn}, F)"),
        ("RUN", f"max(ideal + {pipeline.DONE}{turn}, F)"),
        ("MOVE of n weight rows", f"max(n + {pipeline.MOVE}{turn}, F)"),
        ("the same, transposed", f"max(n + {pipeline.MOVE + pipeline.TRANSPOSED}{turn}, F)"),
        *((f"{op.name} of R rows of B beats", f"max({cycles}{turn}, F)") for op, cycles in pipeline.ROWS.items()),
        ("END", str(pipeline.END)),
    )
    return table(("what", "cycles"), rows)


def run() -> str:
    """How long a RUN takes, as lines of code."""
    return f"    start_i to done_o = ideal + {pipeline.ENGINE_DONE}\n"


def sequencer() -> str:
    """When program_sequencer starts steps."""
    words = f"D_FIELDS + {{}} = {DESCRIPTOR_WORDS} + {{}} = {{}}"
    timed = {
        ("`start_i`", "first step"): pipeline.FIRST_STEP,
        ("step's start", "its successor fetched"): pipeline.FETCHED,
        ("step's start", "next step's start, at the earliest"): pipeline.FETCH,
    }
    rows = [(*ends, words.format(at - DESCRIPTOR_WORDS, at - DESCRIPTOR_WORDS, at)) for ends, at in timed.items()]
    rows.append(("`step_done_i`", "next step's start, if fetched", str(pipeline.TURN)))
    rows.append(("END's start", "`done_o`", str(pipeline.END)))
    return table(("from", "to", "cycles"), rows)


def _space(wanted: Callable[[Dimension], bool]) -> str:
    """Dimensions of the legal space. Plug-ins have no place on our pages."""
    home = {kind.op: kind.__module__.startswith(NODES.home) for kind in node_kinds()}
    rows = (
        (
            f"`{each.key}`",
            _range(each.low, each.high) + ("" if each.limit else ", as far as tried"),
            str(len(each.classes)),
            str(len(each.boundaries)),
            ", ".join(f"`{register}`" for register in each.drives),
            each.meaning,
        )
        for each in dimensions()
        if wanted(each) and home.get(each.owner, True)
    )
    return table(("dimension", "range", "classes", "boundaries", "drives", "meaning"), rows)


_IN_THE_CORE = ("map", "descriptor", "hardware", "register", "counter")

TABLES: dict[str, Callable[[], str]] = {
    "parameters": parameters,
    "fields": fields,
    "operations": operations,
    "combine codes": lambda: _codes(Combine),
    "rounding codes": roundings,
    "registers": registers,
    "error codes": lambda: _codes(ErrorCode),
    "pixel": pixel,
    "steps": steps,
    "run": run,
    "sequencer": sequencer,
    "space of packages": lambda: _space(lambda each: each.owner not in _IN_THE_CORE),
    "space of steps": lambda: _space(lambda each: each.owner in ("map", "descriptor")),
    "space of hardware": lambda: _space(lambda each: each.owner in ("hardware", "register")),
    "space of counters": lambda: _space(lambda each: each.owner == "counter"),
}
"""Every table by the name by which a page asks for it."""
