"""Run a compiled program on the model, with a host that checks what is asked of it, and hold every word to golden."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from t2c.contract.activation_layout import Layout
from t2c.contract.memory_layouts import activation_layout
from t2c.contract.operations import RESULT_STEPS
from t2c.contract.registers import ErrorCode, Status
from t2c.core_model import CoreModel, MemoryHost, StepRecord
from t2c.core_model.host import Marks
from t2c.core_model.results import Results, result_places
from t2c.core_model.stream_words import StreamWords, lanes_of
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.graph.package import Package
from t2c.mapping.cycles import total_cycles
from t2c.mapping.program import Content, Program, Work
from t2c.tb.cosim.host_transfers import host_of
from tests.mapping.second_layout import lay_out


@dataclass(kw_only=True, eq=False)
class CheckedHost(MemoryHost):
    """A host whose memory knows which of its words mean something."""

    known: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.known = np.zeros(len(self.memory), dtype=bool)

    def send(self, beats: int) -> tuple[StreamWords, Marks | None]:
        low, words = self.transfers[self.served][1], super().send(beats)
        assert self.known[low : low + beats].all(), "a word that was never stored is loaded"
        assert words[1] is not None
        assert words[1].tolist() == [False] * (beats - 1) + [True]
        return words

    def take(self, words: StreamWords) -> None:
        low = self.transfers[self.served][1]
        assert not self.known[low : low + len(words)].any(), "a host word is stored twice"
        super().take(words)
        self.known[low : low + len(words)] = True


@dataclass(kw_only=True, eq=False)
class ModelRun:
    """A program after its run. tensors: words of every tensor of its own that a step gave, (words, ROWS), -1 where none
    came; written: how often each was; records: of every step."""

    model: CoreModel
    host: MemoryHost
    tensors: dict[str, IntArray]
    written: dict[str, IntArray]
    records: list[StepRecord]


def golden_tensors(package: Package, program: Program) -> dict[str, np.ndarray]:
    """Golden's tensors of the first images, by edge."""
    tensors: dict[str, np.ndarray] = {}
    for node, arguments, result in package.graph.steps(package.samples[: program.batch]):
        tensors |= dict(zip(node.inputs, arguments, strict=True)) | {node.output: result}
    tensors |= {name: np.stack([held] * program.batch) for name, held in program.operands.items()}
    return {name: np.asarray(value).astype(np.int64) for name, value in tensors.items()}


def model_of(program: Program) -> CoreModel:
    """A core with nothing but what the hardware gets."""
    constants = {"weights": program.weights, "params": program.params, "tables": program.tables[:, np.newaxis]}
    return CoreModel(program.hardware, program.words(), **constants)


def checked_host(program: Program, tensors: dict[str, np.ndarray]) -> CheckedHost:
    """The host of one run: its memory holds the inputs, and room for the tensors that visit it."""
    made = host_of(program, [{region.edge: tensors[region.edge] for region in program.inputs}])
    plain = made.for_model(0, program)
    host = CheckedHost(memory=plain.memory, transfers=plain.transfers)
    host.known[: made.tensors] = True
    return host


def run_program(program: Program, tensors: dict[str, np.ndarray]) -> ModelRun:
    """Run once and gather every tensor."""
    hardware = program.hardware
    model, host = model_of(program), checked_host(program, tensors)
    run = ModelRun(model=model, host=host, tensors={}, written={}, records=[])
    for record in model.steps(host):
        step = program.steps[record.number]
        assert record.descriptor == step.descriptor
        run.records.append(record)
        if record.descriptor.op not in RESULT_STEPS:
            continue
        assert (step.result is None) == bool(record.descriptor.hold) == (record.results is None)
        if step.result is None or record.results is None:
            continue
        edge = step.result.edge
        assert program.nodes[record.descriptor.layer - 1].output == step.result.requantised
        assert (record.results.before is None) == (step.result.before is None)
        size, edge = program.batch * program.layouts[edge].size, program.roots[edge]
        words = run.tensors.setdefault(edge, np.full((size, hardware.groups, hardware.cols), -1))
        written = run.written.setdefault(edge, np.zeros(words.shape, dtype=np.int64))
        # A strip's tensor begins outside the memory, where addresses wrap.
        address = result_places(record.descriptor, hardware)[0]
        assert (record.results.address == address % (1 << hardware.act_addr_w)).all()
        place = address - step.result.base
        assert ((place >= 0) & (place < size)).all(), f"{edge}: a result beyond the tensor"
        if step.result.before is not None and record.results.before is not None:
            held_before(program, step.result, record.results, place, tensors)
        words[place, record.results.group] = record.results.values
        means = slice(step.result.run.skip * step.descriptor.images * step.descriptor.out_pixels, None)
        np.add.at(written, (place[means], record.results.group[means]), 1)
    assert host.served == len(host.transfers)
    return run


def held_before(
    program: Program, work: Work, results: Results, place: IntArray, tensors: dict[str, np.ndarray]
) -> None:
    """What results were before they passed a table is golden's tensor before it, in the places of the one behind it."""
    hardware, layout = program.hardware, program.layouts[work.edge]
    assert work.before is not None
    expected, kept = (
        words.reshape(-1, hardware.groups, hardware.cols)
        for words in (layout.to_words(tensors[work.before]), np.tile(layout.kept(), (program.batch, 1)))
    )
    mine = kept[place, results.group]
    wanted = expected[place, results.group] & ((1 << hardware.x_w) - 1)
    assert (results.before[mine] == wanted[mine]).all(), work.before  # type: ignore[index]


def words_of(program: Program, edge: str, tensor: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Words of a tensor and the banks that hold an element: of a plain map or vector by the layout written twice."""
    layout, rows = program.layouts[edge], program.hardware.rows
    if len(layout.shape) in (1, 3) and layout == Layout.of(layout.shape, rows):
        return lay_out(tensor, rows), lay_out(np.ones_like(tensor), rows) == 1
    return layout.to_words(tensor), np.tile(layout.kept(), (len(tensor), 1))


def run_and_hold_to_golden(package: Package, program: Program) -> ModelRun:
    """Run on the first images; every tensor, every copy of a channel, the host and the registers must be right."""
    tensors = golden_tensors(package, program)
    run, hardware = run_program(program, tensors), program.hardware
    rows, mask = hardware.rows, (1 << hardware.x_w) - 1
    assert set(run.tensors) == {program.roots[node.output] for node in program.nodes if node.moves_data}
    for name in program.operands:
        if (root := program.roots[name]) in run.written:  # the host writes it into a joined tensor
            mine = np.tile(program.layouts[name].kept().any(axis=1), program.batch)
            place, own = words_of(program, name, tensors[name] & mask)
            run.written[root][mine] += 1
            run.tensors[root].reshape(-1, rows)[own] = place[own]
    for edge, words in run.tensors.items():
        expected, held = words_of(program, edge, tensors[edge] & mask)
        holds = held.reshape(words.shape).any(axis=2, keepdims=True)
        assert ((holds <= run.written[edge]) & (run.written[edge] <= 1)).all(), f"{edge}: not written exactly once"
        assert ((words.reshape(-1, rows) == expected) | ~held).all(), edge
        assert held.sum() >= tensors[edge].size
    for region in program.tensors:
        low = len(run.host.memory) - sum(other.words for other in program.tensors) + region.address
        stored = lanes_of(run.host.memory[low : low + region.words], activation_layout(hardware))
        expected, held = words_of(program, region.edge, tensors[region.edge] & mask)
        assert ((stored == expected) | ~held).all(), f"{region.edge} at the host"
    assert len(run.records) == len(program.steps)
    assert (run.model.status, run.model.error) == (Status.DONE, ErrorCode.NONE)
    assert run.model.layer == program.steps[-1].descriptor.layer
    assert run.model.cycles == total_cycles(program) + 1
    assert {step.transfer.content for step in program.steps if step.transfer} <= set(Content)
    return run
