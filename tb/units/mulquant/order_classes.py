"""Classes of the inputs of a module that saturates before it rounds."""

from __future__ import annotations

from dataclasses import replace

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import OutputStage
from t2c.golden.arithmetic.requantiser_order import RequantiserOrder, scaled_sum
from t2c.tb.components.bins import Classes
from t2c.tb.units.mulquant.stimulus import Config

Fields = dict[str, IntArray]
"""acc, multiplier, bias, shift of n vectors."""


def saturation_classes(config: Config, order: RequantiserOrder, fields: Fields) -> Classes:
    """What lies where of the end of each width, beyond it, and where the result would be another without saturation."""
    if order.operand_bits is None and order.sum_bits is None:
        return {}
    a, m, b = (fields[name] for name in ("acc", "multiplier", "bias"))
    operand, found = a + b if order.bias_first else a, {}
    p = scaled_sum(a, m, b, replace(order, sum_bits=None))
    for name, values, bits, without in (
        ("operand", operand, order.operand_bits, replace(order, operand_bits=None)),
        ("sum", p, order.sum_bits, replace(order, sum_bits=None)),
    ):
        if bits is not None:
            least, largest = -(1 << bits - 1), (1 << bits - 1) - 1
            found[f"{name} saturation"] = {
                f"{name} saturates low": values < least,
                f"{name} at its least": values == least,
                f"{name} at its largest": values == largest,
                f"{name} saturates high": values > largest,
                f"{name} saturation decides q": _results(config, order, fields) != _results(config, without, fields),
            }
    return found


def _results(config: Config, order: RequantiserOrder, fields: Fields) -> IntArray:
    p = scaled_sum(fields["acc"], fields["multiplier"], fields["bias"], order)
    return OutputStage(**vars(config)).requantise(p, fields["shift"])
