"""The program and its transfers as a person reads them, and as records of the manifest."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from t2c.contract.descriptor import DESCRIPTOR_WORDS, FIELDS, Descriptor
from t2c.contract.operations import Operation
from t2c.mapping.program import Content, Program, Step


def step_fields(descriptor: Descriptor) -> dict[str, int]:
    """The fields that a step's operation reads, by name, besides op and layer."""
    read = (field.name for field in FIELDS if descriptor.op in field.readers and not field.of_every_step)
    return {name: int(getattr(descriptor, name)) for name in read}


def program_records(program: Program) -> list[dict[str, Any]]:
    """The steps for the manifest."""
    return [
        {
            "step": index,
            "address": index * DESCRIPTOR_WORDS,
            "op": step.op.name,
            "layer": step.descriptor.layer,
            "name": program.layer_names[step.descriptor.layer],
            "fields": step_fields(step.descriptor),
        }
        for index, step in enumerate(program.steps)
    ]


def transfer_records(program: Program) -> list[dict[str, Any]]:
    """What passes through the streams in one run, in order; `first` counts the words of that stream in one run.

    `lanes` of each channel are there where columns of several kinds give a tensor in another order.
    """
    position = {"s_axis": 0, "m_axis": 0}
    records = []
    for index, step in enumerate(program.steps):
        if step.transfer is None:
            continue
        stream = "m_axis" if step.op is Operation.STORE else "s_axis"
        content = content_of(program, step)
        layout = program.layouts.get(content)
        records.append(
            {
                "step": index,
                "stream": stream,
                "first": position[stream],
                "words": step.transfer.beats,
                "content": content,
                **({"lanes": list(layout.lanes)} if layout is not None and layout.lanes else {}),
            }
        )
        position[stream] += step.transfer.beats
    return records


def content_of(program: Program, step: Step) -> str:
    """What a transfer moves: the name of a tensor or of a constant operand, `weights`, `params` or `tables`."""
    move = step.transfer
    assert move is not None
    if move.content is Content.OPERAND:
        return move.edge
    if move.words is not None:
        return str(move.content.value)
    regions = program.inputs if move.content is Content.INPUT else program.tensors
    return next(r.edge for r in regions if r.address <= move.address < r.address + r.words)


def listing(program: Program) -> str:
    """The program as text: a line a step, and below each that moves no words of a stream its fields."""
    hardware, records = program.hardware, program_records(program)
    array = f"ROWS = {hardware.rows}, COLS = {hardware.cols}"
    head = f"{program.graph.name}: {len(records)} steps of {DESCRIPTOR_WORDS} words, for {array}"
    return "\n".join([head, "step address op         layer", *(_lines(program, records))]) + "\n"


def _lines(program: Program, records: list[dict[str, Any]]) -> Iterator[str]:
    memory = {Operation.WEIGHTS: "weights", Operation.PARAMS: "params", Operation.TABLES: "tables"}
    for step, record in zip(program.steps, records, strict=True):
        line = f"{record['step']:4} {record['address']:7} {record['op']:10} {record['layer']} {record['name']}"
        if step.transfer is not None:
            first = step.descriptor.base
            place = f"{memory.get(step.op, 'activations')} {first}..{first + step.descriptor.words - 1}"
            way = f"{place} to m_axis" if step.op is Operation.STORE else f"s_axis to {place}"
            line += f": {content_of(program, step)}, {way}, {step.transfer.beats} beats"
        if step.work is not None and step.work.fused:
            line += f", whose results pass the table of {program.tables_of[record['name']].name}"
        yield line
        if step.transfer is None and step.op is not Operation.END:
            text = " ".join(f"{name}={value}" for name, value in record["fields"].items())
            yield from textwrap.wrap(text, 110, initial_indent=" " * 13, subsequent_indent=" " * 13)
