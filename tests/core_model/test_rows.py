"""SOFTMAX and LAYER_NORM of the model against numbers worked out by hand, and what a step must not do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from t2c.contract import pipeline
from t2c.contract.descriptor import Descriptor
from t2c.contract.hardware import Hardware
from t2c.contract.operations import Operation
from t2c.contract.parameter_lanes import encode_lanes
from t2c.contract.registers import ErrorCode, Status
from t2c.core_model import CoreModel, ProgramError, QueueHost, StepRecord
from tests.core_model.hand_made import END, changed, words_of
from tests.core_model.plain_core import PlainCore

HARDWARE = Hardware(
    rows=4, cols=2, row_lanes=2, act_depth=12, wgt_depth=6, par_depth=5, acc_depth=4, tbl_depth=600, prg_depth=1024
)
EXP = [15, 5, 2, 1]
"""On page 1; 0 beyond."""

SOFTMAX = Descriptor(
    op=Operation.SOFTMAX, layer=1, origin=0, row_step=2, out_base=6, out_step=2, out_pixels=2, row_length=5, x_signed=1,
    table_page=1, reciprocal_bits=10, result_bits=4,
)  # fmt: skip
LAYER_NORM = Descriptor(
    op=Operation.LAYER_NORM, layer=2, origin=0, row_step=1, out_base=8, out_step=1, out_pixels=2, row_length=3,
    epsilon_low=1, param_base=1, rounding=1, y_zero_point=1, y_lo=-128, y_hi=127,
)  # fmt: skip
ROWS = [[3, 3, 3, 3], [3, 9, 9, 9], [7, 6, -8, -8], [5, 9, 9, 9]]
"""Two rows of five elements, in two words each."""


def core(*steps: Descriptor, hardware: Hardware = HARDWARE, exp: list[int] = EXP, bits: int = 8) -> CoreModel:
    model = CoreModel(hardware, words_of(*steps, END))
    model.memories.activations.write(0, np.array(ROWS) & ((1 << bits) - 1))
    entries = np.zeros((1 << bits, 1), np.uint16)
    entries[: len(exp), 0] = exp
    model.memories.tables.write(1 << bits, entries)
    model.memories.params.write(1, encode_lanes([[1, 2], [-1, 0]], [[0, 512], [0, 99]], [[10, 10], [0, 0]], hardware))
    return model


def only(model: CoreModel) -> StepRecord:
    """What the first step did; the program runs to its end."""
    return [*model.steps(QueueHost([], model.hardware))][0]  # noqa: RUF015


def test_softmax() -> None:
    """s = 5 * 15, r = 13: round(195 / 64) = 3; s = 15 + 5 + 2 = 22, r = 46: round(690 / 64) = 11, 230 / 64 = 4, 1."""
    model = core(SOFTMAX)
    done = only(model)
    assert done.results is not None
    assert done.sums is None
    assert done.results.address.tolist() == [6, 6, 7, 8, 8, 9]
    assert done.results.group.tolist() == [0, 1, 0] * 2
    assert done.results.values.tolist() == [[3, 3], [3, 3], [3, 0], [11, 4], [0, 0], [1, 0]]
    memory = model.memories.activations
    assert memory.words[6:10].tolist() == [[3, 3, 3, 3], [3, 0, 0, 0], [11, 4, 0, 0], [1, 0, 0, 0]]
    assert memory.known[6:10].all()
    assert (model.status, model.error) == (Status.DONE, ErrorCode.NONE)
    # Three beats a row: the second row leaves 34 cycles after the first.
    assert done.cycles == 3 * 3 + 45 + 34 + pipeline.TURN
    assert model.cycles == pipeline.FIRST_STEP + done.cycles + pipeline.END


def test_unsigned_elements_and_the_largest_result() -> None:
    """248 stands 241 and more above all others, whose exponentials are 0: s = 15, r = 68, 1020 / 64 = 16, less 1."""
    done = only(core(changed(SOFTMAX, x_signed=0, origin=2, row_step=0, row_length=3)))
    assert done.results is not None
    assert done.results.values.tolist() == [[0, 0], [15, 0]] * 2


def test_layer_norm() -> None:
    """Row 3, 3, 3: t = 0. Row 3, 9, 9 by hand.

    S = 21, Q = 171, V = 3 * 171 - 441 + 1 = 73 of 7 bits, h = 4: k = floor(sqrt(73 * 4^12)) = 34996,
    r = floor(2^32 / k) = 122727, p = 16 + 4 - 12 = 8; 3 x - 21 = -12, 6: t = -5753, round(2876.4) = 2876.
    MulQuant: -5753 / 2^10 = -5.6, (2 * 2876 + 512) / 2^10 = 6.1, -2876; and the zero point 1, clipped.
    """
    model = core(LAYER_NORM)
    done = only(model)
    assert done.results is not None
    assert done.results.address.tolist() == [8, 8, 9, 9]
    assert done.results.group.tolist() == [0, 1] * 2
    signed = done.results.values.astype(np.int8).tolist()
    assert signed == [[1, 2], [1, 0], [-5, 7], [-128, 0]]
    assert model.memories.activations.known[8:10].all()
    assert done.cycles == 2 * 2 + 59 + 45 + pipeline.TURN


def test_epsilon_has_48_bits() -> None:
    """With E = 2^40 a deviation of some units is nothing: t = round(12 * 2^12 / 2^20) = 0."""
    done = only(core(changed(LAYER_NORM, epsilon_low=0, epsilon_high=1 << 8)))
    assert done.results is not None
    assert done.results.values.tolist() == [[1, 2], [1, 0]] * 2


def test_rows_onto_themselves_and_onto_earlier_ones() -> None:
    """Steps and addresses of any sign; what is read has been read before it is written."""
    for step in (
        changed(SOFTMAX, out_base=0),
        changed(SOFTMAX, origin=2, row_step=-2, out_base=-14, out_step=-2),
        changed(SOFTMAX, row_length=4, row_step=1, out_base=-16, out_step=1, origin=17),
    ):
        wanted = only(core(changed(step, out_base=6, out_step=2))).results
        model = core(step)
        done = only(model).results
        assert done is not None
        assert wanted is not None
        assert done.values.tolist() == wanted.values.tolist()
        assert (model.memories.activations.words[done.address[0], :2] == done.values[0]).all()


def test_without_a_row_engine_the_operations_are_unknown() -> None:
    for step in (SOFTMAX, LAYER_NORM):
        model = core(step, hardware=replace(HARDWARE, row_lanes=0))
        assert list(model.steps(QueueHost([], HARDWARE))) == []
        assert (model.status, model.error, model.layer) == (Status.ERROR, ErrorCode.UNKNOWN_OPERATION, step.layer)


FAULTS: list[tuple[Descriptor, dict[str, Any], str, int | None, str]] = [
    (SOFTMAX, {"origin": 2, "out_pixels": 2}, "origin", 4, "reads bank 0, which was never written"),
    (SOFTMAX, {"origin": 10, "row_step": 0}, "origin", 10, "reads bank 0, which was never written"),
    (SOFTMAX, {"origin": 0, "row_step": 12}, "origin", 12, "reads bank 0, beyond the 12 words of the memory"),
    (SOFTMAX, {"row_step": -1}, "origin", 15, "reads bank 0, beyond the 12 words of the memory"),
    (SOFTMAX, {"out_base": 9}, "out_base", 12, "a result goes beyond the 12 words of the memory"),
    (SOFTMAX, {"out_base": 2}, "out_base", 2, "a row is written over one that is read after it"),
    (SOFTMAX, {"out_base": 3, "out_step": 3}, "out_base", 3, "a row is written over one that is read after it"),
    (SOFTMAX, {"table_page": 0}, "table_page", 0, "reads a table, which nobody has brought"),
    (SOFTMAX, {"table_page": 3}, "table_page", 768, "reads a table, beyond the 600 words of the memory"),
    (SOFTMAX, {"reciprocal_bits": 7}, "reciprocal_bits", None, "7 is below 4 bits of an exponential + 4 of a result"),
    (LAYER_NORM, {"epsilon_low": 0}, "epsilon_low", None, "0, and what is added to the variance is at least 1"),
    (LAYER_NORM, {"param_base": 0}, "param_base", 0, "reads parameters, which nobody has brought"),
    (LAYER_NORM, {"param_base": 2}, "param_base", 3, "reads parameters, which nobody has brought"),
    (LAYER_NORM, {"param_base": 5}, "param_base", 5, "reads parameters, beyond the 5 words of the memory"),
    (LAYER_NORM, {"y_lo": 3, "y_hi": 2}, "y_lo", None, "3 is above y_hi = 2"),
    (LAYER_NORM, {"origin": 3}, "origin", 4, "reads bank 0, which was never written"),
    (LAYER_NORM, {"out_base": 1}, "out_base", 1, "a row is written over one that is read after it"),
]  # fmt: skip


def refusal(model: CoreModel) -> ProgramError:
    with pytest.raises(ProgramError) as found:
        only(model)
    return found.value


@pytest.mark.parametrize(("step", "change", "field", "address", "text"), FAULTS, ids=lambda value: str(value)[:40])
def test_what_a_step_must_not_do(
    step: Descriptor, change: dict[str, Any], field: str, address: int | None, text: str
) -> None:
    found = refusal(core(changed(step, **change)))
    where = "" if address is None else f", address {address}"
    assert str(found) == f"step 0 ({step.op.name}, layer {step.layer}), field {field}{where}: {text}"
    assert (found.step, found.field, found.address) == (0, field, address)


def test_the_first_exponential_is_not_0() -> None:
    text = "step 0 (SOFTMAX, layer 1), field table_page, address 256: EXP[0] is 0: the sum of a row could be 0"
    assert str(refusal(core(SOFTMAX, exp=[0, 5]))) == text


def test_entries_that_no_row_looks_up_mean_nothing() -> None:
    """Neither how wide they are nor whether anybody has brought them."""
    model = core(SOFTMAX, exp=[*EXP, *[65535] * 4])
    model.memories.tables.known[256 + 100 :] = False
    done = only(model)
    assert done.results is not None
    assert done.results.values.tolist()[0] == [3, 3]


def test_results_and_bounds_of_narrow_hardware() -> None:
    narrow = replace(HARDWARE, x_w=4, w_w=4)
    found = refusal(core(changed(SOFTMAX, result_bits=5, reciprocal_bits=12), hardware=narrow, bits=4))
    assert str(found).endswith("field result_bits: 5 do not fit X_W = 4 bits")
    found = refusal(core(LAYER_NORM, hardware=narrow, bits=4))
    assert str(found).endswith("field y_lo: -128 does not fit X_W + 1 = 5 bits")


def chance_step(rng: np.random.Generator, hardware: Hardware) -> Descriptor:
    """A step of some rows whose elements lie in the first 40 words, with results behind them."""
    length = int(rng.integers(1, 30))
    words = -(-length // hardware.rows)
    signed = bool(rng.integers(2))
    shared: dict[str, Any] = {
        "origin": int(rng.integers(8)), "row_step": int(rng.integers(words + 1)), "out_base": 104, "out_step": words,
        "out_pixels": int(rng.integers(1, 5)), "row_length": length, "x_signed": int(signed),
    }  # fmt: skip
    if rng.integers(2):
        bits = int(rng.integers(2, hardware.x_w + 1))
        reciprocal = int(rng.integers(10 + bits, 33))
        return Descriptor(op=Operation.SOFTMAX, table_page=1, reciprocal_bits=reciprocal, result_bits=bits, **shared)
    low, high = sorted(int(value) for value in rng.integers(-256, 256, size=2))
    return Descriptor(
        op=Operation.LAYER_NORM, epsilon_low=int(rng.integers(1, 1 << 20)), epsilon_high=int(rng.integers(2)),
        param_base=int(rng.integers(3)), rounding=int(rng.integers(4)), y_zero_point=int(rng.integers(-256, 256)),
        y_lo=low, y_hi=high, **shared,
    )  # fmt: skip


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize(("rows", "cols"), [(4, 2), (6, 3), (4, 4)])
def test_the_model_is_the_plain_core(rows: int, cols: int) -> None:
    rng = np.random.default_rng([rows, cols])
    hardware = Hardware(rows=rows, cols=cols, row_lanes=1, act_depth=128, par_depth=32, tbl_depth=512)
    for _ in range(200):
        step = chance_step(rng, hardware)
        model, plain = CoreModel(hardware, words_of(step, END)), PlainCore(hardware)
        x = rng.integers(0, 256, size=(64, rows)) if rng.integers(2) else rng.integers(120, 136, size=(64, rows))
        exp = rng.integers(0, 1024, size=256) >> rng.integers(0, 10, size=256)
        exp[0] = max(exp[0], 1)
        size = (32, cols)
        multiplier, bias = rng.integers(-(1 << 15), 1 << 15, size=size), rng.integers(-(1 << 30), 1 << 30, size=size)
        shift = rng.integers(0, 30, size=size)
        model.memories.activations.write(0, x)
        model.memories.tables.write(256, exp[:, np.newaxis])
        model.memories.params.write(0, encode_lanes(multiplier, bias, shift, hardware))
        plain.activations = {(word, bank): int(x[word, bank]) for word, bank in np.ndindex(x.shape)}
        plain.tables = {256 + k: int(value) for k, value in enumerate(exp)}
        lanes = np.stack([multiplier, bias, shift], axis=-1).tolist()
        plain.params = {k: [(m, b, s) for m, b, s in word] for k, word in enumerate(lanes)}
        plain.run(words_of(step, END), iter(()))
        results = only(model).results
        assert results is not None
        found = zip(results.address.tolist(), results.group.tolist(), results.values.tolist(), strict=True)
        assert [(address, group, tuple(values)) for address, group, values in found] == plain.trace
        memory = model.memories.activations
        lies = {(int(word), int(bank)): int(memory.words[word, bank]) for word, bank in np.argwhere(memory.known)}
        assert lies == plain.activations
