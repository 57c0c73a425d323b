"""The jobs of the tables: every float network and row with every seed, and what each depends on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.results.digest import definition, digest
from benchmarks.results.floats import measure_float
from benchmarks.results.jobs import Job
from benchmarks.results.measure import measure
from benchmarks.results.networks import NETWORKS
from benchmarks.results.record import Record
from benchmarks.results.rows import FORMATS, LOW_BIT_ROWS, METHOD_ROWS, SEEDS, SPARSE_ROWS, Pruning, Row
from benchmarks.results.seeds import BySeed, Figures
from benchmarks.results.study import NETWORK, SEED, TRIALS, Trial, measure_trial
from benchmarks.results.transfer import SETTINGS, Start, measure_transfer
from benchmarks.results.transformers import measure_transformers
from t2c.example_models.vit import VARIANTS
from t2c.methods import METHODS, Method, UniformEnds
from t2c.pruners import find_pruner
from t2c.trainers import TRAINER, Reconstruction

MANY = 16000
"""Images of a fine-tuning that takes a minute or more."""


def _steps(row: Row) -> int:
    """Images that a row is fine-tuned on, each as often as it is seen."""
    return row.tuning.images * row.tuning.epochs if row.tuning else 0


def float_job(network: str, pruning: Pruning | None, seed: int, folder: Path) -> Job:
    """The training of a float network."""
    roots = ["benchmarks.results.floats", TRAINER["supervised"].__module__, NETWORKS[network].model.__module__]
    if pruning is not None:
        roots.append(type(find_pruner(pruning.pruner, pruning.sparsity)).__module__)
    settings = (NETWORKS[network], pruning, seed)
    name = "-".join(filter(None, ("float", network, pruning and pruning.name, f"seed{seed}")))
    found = digest(settings, roots)
    checkpoint = folder / f"{name}-{found}.pt"
    return Job(name=name, call=measure_float, arguments=(network, pruning, seed, checkpoint), digest=found)


def _reconstruction(settings: Reconstruction) -> tuple[Reconstruction, str]:
    """What a reconstruction depends on besides its code: the numbers, and the course of its regulariser."""
    return settings, definition(Reconstruction.pull)


def row_job(row: Row, seed: int, folder: Path) -> Job:
    """A row with one seed; it depends on its float network too."""
    base, method = float_job(row.network, row.pruning, seed, folder), METHODS[row.method]
    trainer = TRAINER["ptq" if row.tuning is None else row.tuning.trainer]
    quantisers = (method.weight, method.activation)
    roots = ["benchmarks.results.measure", trainer.__module__, *(kind.__module__ for kind in quantisers)]
    if row.pruning is not None:
        roots.append(type(find_pruner("keep")).__module__)
    learns = method.training == "reconstruct"
    names = [kind.__qualname__ for kind in quantisers]  # type: ignore[attr-defined]
    formats = [getattr(FORMATS[name], "keywords", name) for name in row.formats]
    chosen = (names, method.per_channel, method.training, definition(Method), definition(UniformEnds), formats)
    settings = (base.digest, row, seed, chosen, _reconstruction(Reconstruction()) if learns else None)
    found = digest(settings, roots)
    return Job(name=f"{row.name}-seed{seed}", call=measure, arguments=(row, seed, base.arguments[-1]), digest=found)


def float_jobs(rows: Sequence[Row], folder: Path) -> list[Job]:
    """Those of all networks that rows begin from."""
    floats = dict.fromkeys((row.network, row.pruning) for row in rows)
    return [float_job(network, pruning, seed, folder) for seed in SEEDS for network, pruning in floats]


def trial_job(trial: Trial, folder: Path) -> Job:
    """A trial of the study."""
    base, method = float_job(NETWORK, None, SEED, folder), METHODS[trial.method]
    roots = ["benchmarks.results.study", *(kind.__module__ for kind in (method.weight, method.activation))]
    chosen = Reconstruction(iterations=trial.iterations, rate=trial.rate, step_rate=trial.step_rate)
    found = digest((base.digest, trial, _reconstruction(chosen), definition(Method)), roots)
    return Job(name=trial.name, call=measure_trial, arguments=(trial, base.arguments[-1]), digest=found)


def transfer_job(start: Start, folder: Path) -> Job:
    """Some transfers of table 4, with one seed."""
    method = METHODS["minmax"]
    roots = ["benchmarks.results.transfer", *(TRAINER[name].__module__ for name in ("ssl", "transfer", "ptq"))]
    roots += [method.weight.__module__, method.activation.__module__]
    roots += ["t2c.data.digits", "t2c.data.resize", "t2c.data.runes"]
    found = digest((start, definition(Method)), roots)
    checkpoint = folder / f"{start.name}-{found}.pt"
    return Job(name=start.name, call=measure_transfer, arguments=(start, checkpoint), digest=found)


def transformers_job() -> Job:
    """The small ViT in all variants."""
    roots = ["benchmarks.results.transformers"]
    for method in (METHODS[variant.method] for variant in VARIANTS):
        roots += [method.weight.__module__, method.activation.__module__]
    found = digest((definition(Method), definition(UniformEnds)), roots)
    return Job(name="transformers", call=measure_transformers, arguments=(), digest=found)


@dataclass(frozen=True, kw_only=True)
class AllFigures:
    """All that the page is made of; None where something has not been made.

    rows: by row and seed; transfers: of table 4; trials: of the study; transformers: of the ViTs; seconds: of the
    processor, all together; torch: its version; earlier: how many figures were made by earlier code, and how many
    there are.
    """

    rows: Mapping[Row, BySeed]
    transfers: Mapping[Start, Figures | None]
    trials: Mapping[Trial, Figures | None]
    transformers: Figures | None
    seconds: float
    torch: str
    earlier: tuple[int, int] = (0, 0)


class Plan:
    """Every job of the page. folder: where figures and checkpoints are kept."""

    def __init__(self, folder: Path) -> None:
        self.rows = tuple(dict.fromkeys((*METHOD_ROWS, *LOW_BIT_ROWS, *SPARSE_ROWS)))
        self.folder = folder
        self.floats = float_jobs(self.rows, folder)
        self.base = {(r, s): float_job(r.network, r.pruning, s, folder).name for r in self.rows for s in SEEDS}
        self.by_row = {row: {seed: row_job(row, seed, folder) for seed in SEEDS} for row in self.rows}
        self.by_trial = {trial: trial_job(trial, folder) for trial in TRIALS}
        self.by_start = {start: transfer_job(start, folder) for start in SETTINGS}
        self.vit = transformers_job()

    def stages(self) -> list[list[Job]]:
        """In the order in which they are made, in pairs: float networks, then what begins from them."""
        learned = [row for row in self.rows if METHODS[row.method].training == "reconstruct"]
        others = [row for row in self.rows if row not in learned]
        long = [row for row in others if row.network == "resnet50" or _steps(row) > MANY]
        small = [row for row in others if row not in long]
        parts = [[row for row in small if (row.pruning is not None) is pruned] for pruned in (False, True)]
        parts.append(long)
        trials = sorted(self.by_trial, key=lambda trial: trial.iterations)
        beside = (
            [],
            [*self.by_start.values()],
            [self.vit, *self._of_rows(learned)[1], *(self.by_trial[trial] for trial in trials)],
        )
        stages = []
        for rows, more in zip(parts, beside, strict=True):
            floats, jobs = self._of_rows(rows)
            stages += [floats, [*jobs, *more]]
        return stages

    def _of_rows(self, rows: Sequence[Row]) -> tuple[list[Job], list[Job]]:
        """The float networks of some rows, and the rows, with all seeds."""
        return float_jobs(rows, self.folder), [self.by_row[row][seed] for row in rows for seed in SEEDS]

    def figures(self, record: Record) -> AllFigures:
        """What is finished."""
        found = {job.name: record.figures.get(job.name) for stage in self.stages() for job in stage}
        return AllFigures(
            rows={row: {seed: self._row(row, seed, found) for seed in SEEDS} for row in self.rows},
            transfers={start: found[job.name] for start, job in self.by_start.items()},
            trials={trial: found[job.name] for trial, job in self.by_trial.items()},
            transformers=found[self.vit.name],
            seconds=sum(figures["seconds"] for figures in found.values() if figures),
            torch=record.torch,
            earlier=(len(record.earlier), len(record.figures)),
        )

    def _row(self, row: Row, seed: int, found: Mapping[str, Figures | None]) -> Figures | None:
        """The figures of a row; one that does not say how right its float network was has that of the job."""
        base, figures = found[self.base[row, seed]], found[self.by_row[row][seed].name]
        return None if base is None or figures is None else {"float": base["float"], **figures}
