"""How the column runs of a layer are cut where its constants do not fit their memories."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from t2c.contract.hardware import Hardware
from t2c.golden.errors import UnsupportedError
from t2c.mapping.tiles import ColumnRun


@dataclass(frozen=True, kw_only=True)
class Room:
    """The room that a layer's constants have. layer: its name; param_step: parameter words a column tile takes."""

    layer: str
    hardware: Hardware
    param_step: int

    def cut(
        self, run: ColumnRun, weight_rows: Callable[[ColumnRun], int], *, split: bool
    ) -> Iterator[tuple[ColumnRun, ...]]:
        """Cut a column run so that the constants of each piece fit.

        Args:
            run: of the layer.
            weight_rows: how many a run takes.
            split: sums over several runs give the same outputs.

        Returns:
            groups of runs, as `LayerPlan.pieces`.

        Raises:
            UnsupportedError: a single tile does not fit; the message names the memory.
        """
        hardware, per_word = self.hardware, self.hardware.groups
        if per_word * self.param_step > hardware.par_depth:
            raise UnsupportedError(
                f"layer {self.layer!r}: PAR_DEPTH = {hardware.par_depth} holds not one word of constants"
            )
        rows = weight_rows(ColumnRun(first_tile=0, tiles=per_word, first_word=run.first_word, words=run.words))
        count = min(hardware.wgt_depth // rows, hardware.par_depth // (per_word * self.param_step))
        if count >= 1:
            for first in range(0, run.tiles, count * per_word):
                tiles = min(count * per_word, run.tiles - first)
                yield (replace(run, first_tile=run.first_tile + first, tiles=tiles),)
            return
        # A sum over several runs stays in the accumulators, so nothing else may run between them: one tile at a time.
        split &= per_word == 1
        words = hardware.wgt_depth // (rows // run.words) if split else 0
        if words < 1:
            raise UnsupportedError(
                f"layer {self.layer!r}: WGT_DEPTH = {hardware.wgt_depth} rows do not hold the "
                f"{rows // run.words if split else rows} of one {'channel word' if split else 'memory word of results'}"
            )
        for first in range(0, run.tiles, per_word):
            yield tuple(
                replace(
                    run,
                    first_tile=run.first_tile + first,
                    tiles=per_word,
                    first_word=run.first_word + start,
                    words=min(words, run.words - start),
                    keep=run.keep or start > 0,
                    hold=run.hold or start + words < run.words,
                )
                for start in range(0, run.words, words)
            )
