"""Classes of views, joins and constant operands: where a layer reads what it reads, and how parts come together."""

from __future__ import annotations

from collections.abc import Iterator

from t2c.contract.activation_layout import Layout
from t2c.mapping.join import JoinPlan
from t2c.mapping.program import Content, Program

VIEWS = (
    "channels from bank 0 on",
    "channels from another bank on",
    "channels of a later memory word",
    "channels of words with copies",
    "pixels that do not begin with the tensor",
    "pixels further apart than their channel words",
    "of an input",
    "of a joined tensor",
    "of a tensor at the host",
)
JOINS = (
    "a part in its place",
    "a part in its place, in a join of joins",
    "a copied part",
    "a part copied row by row",
    "a part that a layer reads besides",
    "a constant in its place",
    "a constant that is copied",
    "a constant operand brought whole",
    "a constant operand in strips",
)


def view_bins(program: Program) -> Iterator[tuple[str, str]]:
    """(group, name) of what a program has among `VIEWS` and `JOINS`."""
    views = {node.output for node in program.graph.nodes if not node.moves_data}
    for name, plan in program.plans.items():
        for edge, source in zip(program.reads[name], plan.sources, strict=True):
            if edge in views and edge != program.roots[edge] and source.is_map:
                yield from (("views", found) for found in _view(program, edge, source))
        if isinstance(plan, JoinPlan):
            yield from (("joins", found) for found in _join(program, name, plan))
    loads = [step.transfer.edge for step in program.steps if step.transfer and step.transfer.content is Content.OPERAND]
    for edge in set(loads):
        if program.roots[edge] == edge:
            yield (
                "joins",
                f"a constant operand {'brought whole' if loads.count(edge) == program.batch else 'in strips'}",
            )


def _view(program: Program, edge: str, source: Layout) -> Iterator[str]:
    root = program.roots[edge]
    yield f"channels from {'another bank' if source.bank else 'bank 0'} on"
    if source.copies > 1:
        yield "channels of words with copies"
    if source.channel >= source.rows:
        yield "channels of a later memory word"
    if source.word:
        yield "pixels that do not begin with the tensor"
    if source.pixel_words > source.words:
        yield "pixels further apart than their channel words"
    if root in {region.edge for region in program.inputs}:
        yield "of an input"
    if any(other != root and program.roots[other] == root for other in _written(program)):
        yield "of a joined tensor"
    if root in program.spilled:
        yield "of a tensor at the host"


def _written(program: Program) -> set[str]:
    """Edges that steps write."""
    return {plan.node.output for plan in program.plans.values()}


def _join(program: Program, name: str, plan: JoinPlan) -> Iterator[str]:
    reads, output = program.reads[name], plan.node.output
    for number, edge in enumerate(reads):
        part, copied = plan.parts[number], number in plan.copied
        if edge in program.operands:
            yield f"a constant {'that is copied' if copied else 'in its place'}"
            continue
        yield "a copied part" if copied else "a part in its place"
        if copied and not part.rows_follow:
            yield "a part copied row by row"
        if not copied and program.roots[output] != output:
            yield "a part in its place, in a join of joins"
        others = (found for other, found in program.reads.items() if other != name)
        if not copied and any(edge in found for found in others):
            yield "a part that a layer reads besides"
