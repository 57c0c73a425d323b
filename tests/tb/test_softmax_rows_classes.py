"""Classes of the inputs of softmax_rows against their definitions; tables and rows are legal for every build."""

from __future__ import annotations

import random

import numpy as np
import pytest

from t2c.golden.arithmetic.softmax import SoftmaxTable
from t2c.tb.catalogue.unit_registry import units
from t2c.tb.components.bins import names
from t2c.tb.components.inputs import flat
from t2c.tb.dut.traits import Traits
from t2c.tb.units.row_classes import EVENTS
from t2c.tb.units.row_space import Row
from t2c.tb.units.softmax_rows.classes import classes, cover_unit
from t2c.tb.units.softmax_rows.rows import KINDS, SoftmaxSpace, corner_rows, random_rows

UNIT = units()["softmax_rows"]
PARAMETERS = {"X_W": 4, "LANES": 4, "LEN_W": 4, "E_W": 8, "R_W": 14, "OUT_W": 6}


def space(*, signed: bool, traits: Traits | None = None, parameters: dict[str, int] | None = None) -> SoftmaxSpace:
    rng = random.Random(3)
    return SoftmaxSpace(parameters=parameters or PARAMETERS, signed=signed, traits=traits or Traits(), rng=rng)


def definitions(row: Row, index: int, table: SoftmaxTable, *, signed: bool) -> dict[str, bool]:
    """Of one lane, counted through all beats."""
    inside, top = index < len(row), max(row)
    exps = [int(table.exp[top - x]) if top - x < len(table.exp) else 0 for x in row]
    wanted = {
        "beyond the end": not inside,
        "row of one": len(row) == 1,
        "row of MAX_LEN": len(row) == 16,
        "last beat of 2": len(row) % 4 == 2,
        "signed": signed,
        "all equal": len(row) > 1 and len(set(row)) == 1,
        "sum needs bit 5": 32 <= sum(exps) < 64,
        "sum needs bit 9": 512 <= sum(exps) < 1024,
        "R = 9": table.reciprocal_bits == 9,
        "P = 5": table.output_bits == 5,
        "table of every index": len(table.exp) == 16,
        "table that ends before": len(table.exp) < 16,
    }
    if not inside:
        return {name: holds and name == "beyond the end" for name, holds in wanted.items()}
    tail = table.reciprocal_bits - table.output_bits
    dropped = exps[index] * (2**table.reciprocal_bits // sum(exps)) % 2**tail
    return wanted | {"tie": dropped == 2**tail // 2, "exact": dropped == 0, "the maximum": row[index] == top}


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("signed", [True, False])
def test_classes_of_softmax_rows(signed: bool) -> None:
    where = space(signed=signed)
    seen: set[str] = set()
    for bits in (1, 3, 4):
        for r, p in ((9, 5), (14, 6), (12, 0)):
            table = where.table(where.rng.choice(KINDS), depth_bits=bits, r=r, p=p)
            for row in [*corner_rows(where, table), *random_rows(where, table, 10, 16)]:
                found = flat(classes(row, table, where, "none", "p50"))
                count = -(-len(row) // 4) * 4
                assert {len(members) for members in found.values()} == {count}
                for index in range(count):
                    for name, holds in definitions(row, index, table, signed=signed).items():
                        assert found[name][index] == holds, (name, row, index)
                        seen |= {name} if holds else set()
    assert seen == set(definitions([0], 0, table, signed=signed)) - (set() if signed else {"signed"})


def test_names_are_unique_and_declared() -> None:
    where = space(signed=True)
    base = classes([1, 2], where.any_table(), where, "none", "none")
    every = [name for members in base.values() for name in members]
    assert len(every) == len(set(every))
    declared = {group: tuple(bins) for group, bins in cover_unit(where).groups.items()}
    assert names(base).items() <= declared.items()
    assert declared["events"] == EVENTS


def test_what_a_module_fixes_is_all_that_is_tried() -> None:
    traits = Traits(constants={"reciprocal_bits": 13, "result_bits": 5})
    where = space(signed=True, traits=traits)
    tables = [where.any_table() for _ in range(20)]
    assert {(table.reciprocal_bits, table.output_bits) for table in tables} == {(13, 5)}
    assert set(cover_unit(where, signs=(True,)).groups["R"]) == {"R = 13"}
    assert cover_unit(where, signs=(True,)).groups["sign"]["unsigned"].excluded


@pytest.mark.parametrize("build", [{}, *UNIT.ends, *UNIT.covered], ids=str)
def test_rows_and_tables_are_legal(build: dict[str, int]) -> None:
    """Of every build: entries, R and P fit, every R and P that go together occur, and every length of a last beat."""
    parameters = {**UNIT.parameters, **build}
    for signed in (True, False):
        where = space(signed=signed, parameters=parameters)
        tables = [where.table("random", depth_bits=1, r=r) for r in where.reciprocal_bits]
        tables += [where.table("rising", depth_bits=1, p=p) for p in where.result_bits]
        tables += [where.any_table() for _ in range(20)]
        assert {table.output_bits for table in tables} == set(range(2, parameters["OUT_W"] + 1))
        assert {table.reciprocal_bits for table in tables} == set(range(6, parameters["R_W"] + 1))
        for table in tables:
            assert int(np.max(table.exp)) < 1 << parameters["E_W"]
            assert table.depth <= 1 << parameters["X_W"]
        rows = [*corner_rows(where, tables[0]), *random_rows(where, tables[0], 10, 64)]
        assert all(1 <= len(row) <= where.longest for row in rows)
        assert all(where.fmt.lo <= min(row) and max(row) <= where.fmt.hi for row in rows)
        assert {len(row) % where.lanes for row in rows} == set(range(where.lanes))
