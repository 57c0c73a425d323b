"""The operands of a pixel: golden's, and what is wrong with those that came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from t2c.contract.field_kinds import COUNT_BITS
from t2c.core_model import walk
from t2c.core_model.visits import RowRead
from t2c.core_model.walk import padding_operand
from t2c.golden.arithmetic.formats import IntArray, twos_complement
from t2c.mapping.program import Work
from t2c.tb.cosim.localisation.core_probe import Sample, Stage
from t2c.tb.cosim.localisation.passages import Passage, neighbours_of
from t2c.tb.cosim.localisation.probed_run import Finding, ProbedRun, show
from t2c.tb.cosim.localisation.stage_times import RowWitness, window_times


class WindowFormer:
    """The window rows of a run. work: of the layer; tensors: golden's, of the run's images, by edge."""

    def __init__(self, run: ProbedRun, work: Work, tensors: Mapping[str, IntArray]) -> None:
        self.run = run
        self.hardware = run.program.hardware
        layouts, roots = (
            run.program.layouts,
            {run.program.roots[edge] for edge in run.program.reads[work.plan.node.name]},
        )
        self.words = {root: layouts[root].to_words(tensors[root]) for root in roots}

    def operands(self, passage: Passage) -> list[int]:
        """Golden's operands, one a row; from a bank without a channel, whose weights are 0, what came."""
        seen = self._operands(passage)
        found = []
        for row, read in enumerate(passage.visit.rows):
            operand, actual = self._golden(passage, row, read), seen.operands[row]
            came = 0 if actual is None else twos_complement(actual, self.hardware.x_w + 1)
            found.append(came if operand is None else operand)
        return found

    def wrong(self, passage: Passage) -> Iterator[Finding]:
        """Every row's operand that is not golden's, with the first reason for it."""
        seen, bits = self._operands(passage), self.hardware.x_w + 1
        for row, read in enumerate(passage.visit.rows):
            operand, actual = self._golden(passage, row, read), seen.operands[row]
            where = "idle" if read.tap < 0 else f"tap (i={read.ky}, j={read.kx}), channel word {read.word}"
            if operand is None:
                if actual is None:
                    text = f"activation memory: row {row}, {where}: X (unknown) in a bank without a channel"
                    yield self.run.finding("activation_memory", text, seen.cycle)
                continue
            if actual is not None and twos_complement(actual, bits) == operand:
                continue
            yield from self._loader(passage, row)
            if read.address is not None:
                yield from self._reading(passage, row, read, where)
            text = f"window: row {row}, {where}: operand is {show(actual, bits)}, expected {operand}"
            yield self.run.finding("window_row", text, seen.cycle)

    def _operands(self, passage: Passage) -> Sample:
        missing = f"window: the operands of pixel {passage.visit.pixel} of {self.run.tile(passage)} never got valid"
        return self.run.at(passage, Stage.OPERANDS, "layer_engine", missing)

    def _golden(self, passage: Passage, row: int, read: RowRead) -> int | None:
        """Golden's operand of an array row; None from a bank without a channel, which holds whatever the layer before
        left there."""
        if read.address is None:
            return padding_operand(passage.step.descriptor, self.hardware)
        word = self._word(passage, row, read)
        d = passage.step.descriptor
        return None if word is None else word - (d.x2_zero_point if passage.visit.second else d.x_zero_point)

    def _word(self, passage: Passage, row: int, read: RowRead) -> int | None:
        """Golden's activation that a row reads; None in a bank without a channel."""
        source = int(passage.visit.second)
        edge = self.run.program.reads[passage.work.plan.node.name][source]
        root, layouts = self.run.program.roots[edge], self.run.program.layouts
        # A strip's tensor begins outside the memory: before the modulo, its words count from there.
        index = read.unwrapped - passage.work.part.sources[source] + layouts[edge].start
        return int(self.words[root][index, row]) if layouts[root].kept()[index % layouts[root].size, row] else None

    def _loader(self, passage: Passage, row: int) -> Iterator[Finding]:
        """What the tile loader told the row."""
        span = self.hardware.columns.span
        if row % span != span - 1:  # what goes to the rows of an element before its last one is not written down
            return
        load = self.run.load(passage, row // span)
        where = f"tile loader: row {row} of {self.run.tile(passage)}"
        if load is None:
            yield Finding(unit="tile_loader", text=f"{where}: the tile was never loaded", cycle=None)
            return
        taps = walk.row_taps(passage.step.descriptor, self.hardware, passage.visit.k_tile)
        has_tap = int(taps.tap[0, row] >= 0)
        checks = [("set", load.row_set, 1, 1), ("valid", load.valid, has_tap, 1)]
        if has_tap:
            checks += [
                ("dy", load.dy, int(taps.dy[0, row]), COUNT_BITS),
                ("dx", load.dx, int(taps.dx[0, row]), COUNT_BITS),
                ("offset", load.offset, int(taps.offset[0, row]), self.hardware.act_addr_w),
            ]
        for name, actual, expected, bits in checks:
            if actual is None or actual % (1 << bits) != expected % (1 << bits):
                shown = "X" if actual is None else actual
                text = f"{where}: {name} is {shown}, expected {expected % (1 << bits)}"
                yield self.run.finding("tile_loader", text, load.cycle)

    def _reading(self, passage: Passage, row: int, read: RowRead, where: str) -> Iterator[Finding]:
        """The row's address and the word that its bank gives, in the cycles in which right rows have theirs."""
        issued, ready = (self.run.passed(passage, stage) for stage in (Stage.PIXEL, Stage.OPERANDS))
        word = self._word(passage, row, read)
        assert issued is not None
        assert ready is not None
        assert word is not None
        raw = word % (1 << self.hardware.x_w)
        found: list[Finding | None] = []
        for address, came in window_times(list(self._right_rows(passage)), ready - issued, self.run.samples(passage)):
            first, second = (self.run.sample(passage, issued + cycle) for cycle in (address, came))
            got, held = first.addresses[row], second.words[row]
            if got != read.address:
                text = f"window address: row {row}, {where}: reads address {'X' if got is None else got}, "
                found.append(self.run.finding("window_row", f"{text}expected {read.address}", first.cycle))
            elif held != raw:
                text = f"activation memory: bank {row}, {where}: address {got} gives "
                values = f"{show(held, self.hardware.x_w)}, expected {show(raw, self.hardware.x_w)}"
                found.append(self.run.finding("activation_memory", f"{text}{values}", second.cycle))
            else:
                found.append(None)
        if len({one.unit if one else "" for one in found}) == 1:
            if found[0]:
                yield found[0]
            return
        text = (
            f"between the issue of the pixel and its operand: row {row}, {where}: the window row or its bank; they "
            f"take {ready - issued} cycles, and no right row tells which of them belong to the address"
        )
        yield self.run.finding("window_row", text, ready)

    def _right_rows(self, passage: Passage) -> Iterator[RowWitness]:
        """Rows with right operands, of this pixel and of those around it."""
        for witness in (passage, *neighbours_of(passage, self.hardware)):
            ready = self.run.passed(witness, Stage.OPERANDS)
            here, mine = (self.run.passed(passage, stage) for stage in (Stage.PIXEL, Stage.OPERANDS))
            if ready is None or here is None or mine is None:
                continue
            seen = self.run.sample(witness, ready)
            for row, read in enumerate(witness.visit.rows):
                word = None if read.address is None else self._word(witness, row, read)
                operand, actual = self._golden(witness, row, read), seen.operands[row]
                if word is None or actual is None or twos_complement(actual, self.hardware.x_w + 1) != operand:
                    continue
                raw = word % (1 << self.hardware.x_w)
                yield RowWitness(issued=ready - (mine - here), ready=ready, row=row, read=read, word=raw)
