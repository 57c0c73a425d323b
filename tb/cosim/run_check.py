"""What came out of the runs of a job, compared with golden: mismatches, faults and figures for the verdict."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.contract.field_kinds import ADDRESS_BITS
from t2c.contract.hardware import Hardware
from t2c.golden.arithmetic.formats import IntArray
from t2c.tb.cosim.capture import Sums, Words
from t2c.tb.cosim.comparison import UNKNOWN, Comparison, compare_places, compare_sums, compare_values
from t2c.tb.cosim.step_times import differences, read_times


class RunCheck:
    """The judge inside a run, the same for every backend. job: the decoded job.json that run_files wrote."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.job = job
        self.folder = Path(job["folder"])
        self.hardware = Hardware(**job["hardware"])
        expected = np.load(self.folder / "trace.npz")
        self.address, self.group, self.kept = expected["address"], expected["group"], expected["kept"]
        self.stored_kept = expected["stored"]
        self.sums_kept = np.load(self.folder / "sums_kept.npy") if job["accumulators"] else np.zeros((0, 0), dtype=bool)
        self.looked_up = expected["looked_up"]
        self.signed, self.signed_before = (
            np.repeat(np.array(job[name], dtype=bool), job["words"]) for name in ("signed", "signed_before")
        )
        self.faults: list[str] = []
        self.mismatches: list[npt.NDArray[np.int32]] = []
        self.places: list[dict[str, Any]] = []
        self.cycles: list[list[int]] = []
        self.compared = self.outputs = self.sums_compared = 0
        self.wrong_sums: list[IntArray] = []
        self.timing: list[str] = []

    @property
    def trace_bits(self) -> int:
        """Bits of a result word {banks, address, data}."""
        return self.hardware.rows + ADDRESS_BITS + self.hardware.cols * self.hardware.x_w

    def results(self, run: int, words: Words, cycles: Sequence[int]) -> bool:
        """Compare every result word of a run; return whether any is wrong, so that what follows proves nothing more.

        Args:
            run: number of the run.
            words: {banks, address, data} of each result word, in order.
            cycles: by layer number.
        """
        hardware = self.hardware
        raw, unknown = words.field(0, hardware.x_w, hardware.cols, signed=False)
        expected = np.load(self.folder / f"expected_{run}.npy", mmap_mode="r")
        found = compare_values("result words", raw, unknown, expected, self.kept, self.signed, hardware.x_w)
        data_w = hardware.cols * hardware.x_w
        misplaced = compare_places(words, self.address, self.group, hardware.rows, hardware.cols, data_w)
        self.compared += found.compared
        self.faults += (f"run {run}: {fault}" for fault in found.faults)
        self.places += [{"run": run, "word": misplaced[0], "text": misplaced[1]}] if misplaced else []
        self._differ(run, found, before=False)
        self.cycles.append([int(count) for count in cycles])
        return bool(len(found.mismatches) or misplaced)

    def before(self, run: int, words: Words) -> bool:
        """Compare what result words were before they passed a table; return whether any was wrong."""
        hardware, here = self.hardware, self.looked_up
        raw, unknown = words.field(0, hardware.x_w, hardware.cols, signed=False)
        expected = np.load(self.folder / f"expected_before_{run}.npy", mmap_mode="r")
        signed, kept = self.signed_before[here], self.kept[here]
        found = compare_values("words before a table", raw, unknown, expected, kept, signed, hardware.x_w)
        found.mismatches[:, 0] = here[found.mismatches[:, 0]]
        self.compared += found.compared
        self.faults += (f"run {run}: {fault}" for fault in found.faults)
        self._differ(run, found, before=True)
        return bool(len(found.mismatches))

    def _differ(self, run: int, found: Comparison, *, before: bool) -> None:
        rows = np.insert(found.mismatches, 0, run, axis=1)
        self.mismatches.append(np.insert(rows, 5, before, axis=1))

    def sums(self, run: int, came: Sums) -> bool:
        """Compare every sum before requantisation; return whether any is wrong."""
        expected = np.load(self.folder / f"expected_sums_{run}.npy", mmap_mode="r")
        compared, rows, fault = compare_sums(came, expected, self.sums_kept)
        self.sums_compared += compared
        self.faults += [f"run {run}: {fault}"] if fault else []
        self.wrong_sums.append(np.insert(rows, 0, run, axis=1))
        return bool(len(rows))

    def times(self, run: int) -> None:
        """Compare how long each step of a run took that came to its end."""
        what, cycle = read_times(self.folder / "steps.hex")
        fault, timing = differences(run, what, cycle, self.job["steps"], self.job["stalled"])
        self.faults += [fault] if fault else []
        self.timing += [timing] if timing and timing not in self.timing else []

    def output(self, run: int, words: Words) -> Comparison:
        """Compare what arrived at the host with golden's output, and keep it in stored_<run>.npy."""
        hardware = self.hardware
        raw, unknown = words.field(0, hardware.x_w, hardware.rows, signed=False)
        expected = np.load(self.folder / f"output_{run}.npy")
        signed = np.full(len(expected), self.job["output_signed"])
        found = compare_values("output words", raw, unknown, expected, self.stored_kept, signed, hardware.x_w)
        np.save(self.folder / f"stored_{run}.npy", np.where(unknown, -1, raw).astype(np.int16))
        self.outputs += found.compared
        self.faults += found.faults
        if len(found.mismatches):
            word, lane, wanted, actual = found.mismatches[0]
            text = f"run {run}: {len(found.mismatches)} values at the host differ, the first in output word {word}, "
            self.faults.append(f"{text}bank {lane}: expected {wanted}, actual {'X' if actual == UNKNOWN else actual}")
        return found

    def finish(self, simulated: int, seconds: float) -> list[str]:
        """Write mismatches.npy and verdict.json; return every reason why this is no match.

        Args:
            simulated: cycles of all runs together.
            seconds: that they took.
        """
        shape = np.zeros((0, 6), dtype=np.int32)
        np.save(self.folder / "mismatches.npy", np.concatenate([shape, *self.mismatches]))
        np.save(self.folder / "wrong_sums.npy", np.concatenate([np.zeros((0, 6), np.int64), *self.wrong_sums]))
        wrong, wrong_sums = sum(map(len, self.mismatches)), sum(map(len, self.wrong_sums))
        self.write(
            {
                "compared": self.compared,
                "outputs_compared": self.outputs,
                "mismatches": wrong,
                "sums_compared": self.sums_compared,
                "wrong_sums": wrong_sums,
                "misplaced": self.places,
                "faults": self.faults,
                "timing": self.timing,
                "layer_cycles": self.cycles,
                "simulated_cycles": simulated,
                "cycles_per_second": simulated / seconds,
            }
        )
        reasons = [] if self.compared > 0 else ["nothing was compared"]
        reasons += [] if self.outputs > 0 or wrong else ["no output was compared"]
        reasons += [f"{wrong} mismatches"] if wrong else []
        reasons += [f"{wrong_sums} wrong accumulators"] if wrong_sums else []
        reasons += [place["text"] for place in self.places]
        reasons += self.timing if self.job["exact_cycles"] else []
        return [*reasons, *([f"{len(self.faults)} faults"] if self.faults else [])]

    def write(self, verdict: dict[str, Any]) -> None:
        """Write verdict.json, which belongs to this job and no other."""
        record = {"nonce": self.job["nonce"], **verdict}
        (self.folder / "verdict.json").write_text(json.dumps(record, indent=1) + "\n")
