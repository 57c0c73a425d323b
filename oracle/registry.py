"""Every check there is, in the order of docs/arithmetic.md as far as the strangers allow."""

from __future__ import annotations

from oracle import (
    bitstring_rom,
    bounds,
    exact_python,
    gemmlowp,
    ieee754,
    lookup,
    onnxruntime_integer,
    onnxruntime_requant,
    torch_integer,
    torch_qnnpack,
    torch_quantise,
    torch_rows,
)
from oracle.check import Check
from oracle.counterpart import counterpart_check, counterpart_checks
from oracle.node_cases import OURS, SLOW
from oracle.row_cases import ROW_KINDS
from oracle.tosa import checks as tosa

WHOLE = "all geometry, formats, widths, constants and modes"

CHECKS: tuple[Check, ...] = (
    *exact_python.CHECKS,
    *ieee754.CHECKS,
    *torch_integer.CHECKS,
    *torch_quantise.CHECKS,
    *torch_qnnpack.CHECKS,
    *onnxruntime_integer.CHECKS,
    *onnxruntime_requant.CHECKS,
    *gemmlowp.CHECKS,
    *lookup.CHECKS,
    *torch_rows.CHECKS,
    *bitstring_rom.CHECKS,
    *bounds.CHECKS,
    *(counterpart_check(op, cases, WHOLE, SLOW.get(op, 512)) for op, cases in (OURS | ROW_KINDS).items()),
)
"""Those whose strangers are in this environment, or are plain Python."""


def all_checks() -> tuple[Check, ...]:
    """Ours, those of TOSA, then those of kinds of nodes that plug-ins bring.

    Raises:
        UserError: a plug-in cannot be imported.
    """
    return (*CHECKS, *tosa.checks("whole"), *counterpart_checks())
