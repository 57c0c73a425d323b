"""Every memory after each step, as files: for who writes a driver and wants to see where it leaves the model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from t2c.contract.hardware import Hardware
from t2c.contract.memory_layouts import activation_layout, parameter_layout, table_layout, weight_layout
from t2c.contract.operations import Operation
from t2c.contract.registers import Register
from t2c.core_model.memories import Memory
from t2c.core_model.model import CoreModel, StepRecord
from t2c.core_model.results import Results
from t2c.core_model.stream_words import StreamWords
from t2c.golden.rom.words import RomLayout, pack_bytes

_CHANGED = {
    Operation.LOAD: ("activations",),
    Operation.WEIGHTS: ("weights",),
    Operation.PARAMS: ("params",),
    Operation.TABLES: ("tables",),
    Operation.RUN: ("activations", "accumulators"),
    Operation.MOVE: ("weights",),
    Operation.SOFTMAX: ("activations",),
    Operation.LAYER_NORM: ("activations",),
}
"""Memories that a step writes."""


class Dump:
    """Writes a folder for one run of a model.

    activations.hex, weights.hex, params.hex, tables.hex, accumulators.hex: the memories before the first step;
    step_NNN_OP/: those that the step has written, after it, registers.txt, and the result words of the core's engines
    in results.txt (address, group of banks, data, and what the data was before a table). s_axis.hex and m_axis.hex: the
    stream words of all steps, a comment before those of each. All are $readmemh text, a memory up to its last known
    word, x for what is unknown.
    """

    def __init__(self, folder: Path, model: CoreModel) -> None:
        """Write the memories as they are.

        Raises:
            FileExistsError: the folder is not empty; what an earlier run left would be mistaken for this one's.
        """
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise FileExistsError(f"{folder}: the folder is not empty; dump into a new one")
        self.folder = folder
        self.model = model
        for name in ("s_axis", "m_axis"):
            (folder / f"{name}.hex").touch()
        self._memories(folder, ("activations", "weights", "params", "tables", "accumulators"))

    def step(self, record: StepRecord) -> None:
        """Write what a step has left; to be called before the next one runs."""
        operation = record.descriptor.op
        folder = self.folder / f"step_{record.number:03}_{operation.name}"
        folder.mkdir()
        self._memories(folder, _CHANGED.get(operation, ()))
        values = {register.name: self.model.read(register) for register in Register if register is not Register.CONTROL}
        (folder / "registers.txt").write_text("".join(f"{name} {value:#010x}\n" for name, value in values.items()))
        if record.results is not None:
            (folder / "results.txt").write_text(_result_lines(record.results, self.model.hardware))
        if record.words is not None:
            name = "m_axis" if operation is Operation.STORE else "s_axis"
            where = f"step {record.number} {operation.name}, layer {record.descriptor.layer}"
            head = f"// {where}: {len(record.words)} words, tlast with the last\n"
            with (self.folder / f"{name}.hex").open("a") as stream:
                stream.write(head + hex_lines(record.words))

    def _memories(self, folder: Path, names: tuple[str, ...]) -> None:
        hardware, memories = self.model.hardware, self.model.memories
        layouts = {
            "activations": activation_layout(hardware),
            "weights": weight_layout(hardware),
            "params": parameter_layout(hardware),
            "tables": table_layout(hardware),
            "accumulators": RomLayout(bits=hardware.acc_w, signed=True, lanes=hardware.cols),
        }
        for name in names:
            (folder / f"{name}.hex").write_text(memory_text(getattr(memories, name), layouts[name]))


def hex_lines(words: StreamWords, width: int | None = None) -> str:
    """One word a line, in hexadecimal; as many digits as octets hold, or as `width` bits need."""
    digits = 2 * words.shape[1] if width is None else -(-width // 4)
    return "".join(f"{word.tobytes().hex()[-digits:]}\n" for word in words)


def memory_text(memory: Memory, layout: RomLayout) -> str:
    """$readmemh text of a memory up to its last known word; a digit with an unknown bit is x."""
    used = memory.used
    words = np.asarray(memory.words[:used])
    lanes = memory.known_lanes[:used]
    octets = pack_bytes(np.where(lanes, words, np.zeros((), words.dtype)).reshape(-1), layout)
    lines = hex_lines(octets, layout.word_bits).split("\n")[:-1]
    for word in np.flatnonzero(~lanes.all(axis=1)):
        lines[word] = _with_unknown(lines[word], lanes[word], layout)
    return "".join(f"{line}\n" for line in lines)


def _with_unknown(line: str, known: npt.NDArray[np.bool_], layout: RomLayout) -> str:
    """Put x where a digit has a bit of an unknown lane."""
    unknown = np.zeros(4 * len(line), dtype=bool)
    unknown[: layout.word_bits] = np.repeat(~known, layout.bits)
    digits = unknown.reshape(-1, 4)[::-1].tolist()
    return "".join("x" if any(bits) else digit for digit, bits in zip(line, digits, strict=True))


def _result_lines(results: Results, hardware: Hardware) -> str:
    """Result words in the order in which they are written: address, group of banks, data, and what the data was before
    a table, in hexadecimal."""
    layout = RomLayout(bits=hardware.x_w, signed=False, lanes=hardware.cols)
    columns = [[f"{address:06x}" for address in results.address], [f"{group:x}" for group in results.group]]
    for values in (results.values, results.before):
        if values is not None:
            text = hex_lines(pack_bytes(values.astype(np.int64).reshape(-1), layout), layout.word_bits)
            columns.append(text.split("\n")[:-1])
    return "".join(" ".join(line) + "\n" for line in zip(*columns, strict=True))
