"""Read the yaml of a flow, and check it before anything runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from t2c.common.shown import shown
from t2c.common.strict_yaml import Value, read_yaml
from t2c.flows.checks.structure import check_structure
from t2c.flows.checks.supply import check_supply
from t2c.flows.checks.test_split import check_test_split
from t2c.flows.errors import FlowError
from t2c.flows.flow_builder import build_flow
from t2c.flows.graph import Flow, NodeSpec
from t2c.flows.parameters import Parameter

HEAD: Mapping[str, Parameter] = {
    "model": Parameter(str),
    "data": Parameter(str),
    "seed": Parameter(int, 0, least=0, most=2**31 - 1),
    "width": Parameter(float, least=0),
    "limit": Parameter(int, least=1),
    "batch": Parameter(int, least=1),
}
"""What the yaml may say of the subject of a flow."""
LONGEST = 60
"""Letters of a task's name, which folders begin with."""
SEARCHES, DEEPEST = ("SEARCH",), 8
"""Kinds whose `body` has tasks; searches in searches."""


def read_flow(path: Path) -> Flow:
    """A flow that can run.

    Raises:
        FlowError, YamlError: it cannot; one line that names the task and the line.
    """
    top = read_yaml(path)
    fields = top.only("flow", *HEAD, "tasks")
    for needed in ("flow", "tasks"):
        if needed not in fields:
            raise top.error(f"{needed} is missing")
    name = fields["flow"].text()
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]{0,99}", name):
        raise fields["flow"].error(f"flow: {shown(name)} is no name of letters, digits, - and _")
    specs = tuple(_specs(fields["tasks"]))
    flow = build_flow(specs, name=name, path=str(path), home=path.resolve().parent, subject=_subject(fields))
    check_structure(flow)
    check_supply(flow)
    check_test_split(flow)
    return flow


def _subject(fields: Mapping[str, Value]) -> dict[str, Any]:
    subject: dict[str, Any] = {"seed": HEAD["seed"].default}
    for name, parameter in HEAD.items():
        if name in fields:
            try:
                subject[name] = parameter.read(name, fields[name].plain())
            except FlowError as error:
                raise fields[name].error(str(error)) from error
    return subject


def _specs(tasks: Value, depth: int = DEEPEST) -> Iterator[NodeSpec]:
    if not depth:
        raise tasks.error(f"{tasks.name}: more than {DEEPEST} searches, one in the other")
    entries, lines = tasks.fields(), _key_lines(tasks)
    if not entries:
        raise tasks.error(f"{tasks.name}: there is no task")
    for name, value in entries.items():
        if not name.isidentifier() or not name.isascii() or len(name) > LONGEST:
            raise value.error(f"{shown(name)}: a task's name is letters, digits and _, {LONGEST} at most")
        fields, own_lines = value.fields(), dict(_lines(value))
        if "task" not in fields:
            raise value.error(f"{name}: task is missing, which says what it is")
        kind = fields.pop("task").text()
        body = tuple(_specs(fields.pop("body"), depth - 1)) if kind in SEARCHES and "body" in fields else ()
        yield NodeSpec(
            name=name,
            kind=kind,
            line=lines[name],
            fields={key: field.plain() for key, field in fields.items()},
            lines=own_lines,
            body=body,
        )


def _lines(fields: Value) -> Iterator[tuple[str, int]]:
    """The lines of some fields, and of the entries in them."""
    for name, line in _key_lines(fields).items():
        yield name, line
        value = fields.fields()[name]
        if value.is_mapping:
            yield from ((f"{name}.{inside}", where) for inside, where in _key_lines(value).items())


def _key_lines(mapping: Value) -> dict[str, int]:
    """The line of each key of a mapping, from 1."""
    return {str(key.value): int(key.start_mark.line) + 1 for key, _ in mapping.node.value}
