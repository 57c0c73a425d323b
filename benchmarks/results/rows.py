"""Which rows the tables have, and under which settings each is made."""

from __future__ import annotations

from dataclasses import dataclass

from t2c.mulquant_constants import Chooser, fixed_format, normalized, power_of_two

SEEDS = (0, 1, 2)
"""Of everything: first weights and order of the float training, of fine-tuning and of reconstruction."""

FORMATS: dict[str, Chooser] = {
    "normalized": normalized,
    "INT 4, FRAC 12": fixed_format(4, 12),
    "INT 12, FRAC 4": fixed_format(12, 4),
    "INT 3, FRAC 13": fixed_format(3, 13),
    "INT 13, FRAC 3": fixed_format(13, 3),
    "power of two": power_of_two,
}
"""MulQuant formats; the paper's INT(12, 4) and INT(13, 3) in both readings."""


@dataclass(frozen=True, kw_only=True)
class Pruning:
    """pruner: by name; sparsity: of it, None where the pattern says it."""

    pruner: str
    sparsity: float | None = None

    @property
    def title(self) -> str:
        """In the tables."""
        return self.pruner if self.sparsity is None else f"{self.pruner} {self.sparsity:.0%}"

    @property
    def name(self) -> str:
        """Fit for a file."""
        return self.title.replace(":", "of").replace(" ", "").replace("%", "")


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """Quantisation-aware training. images: training images, from the first on; epochs over those; rate: peak; trainer:
    by name; distill: share of the float model's answers in the loss, of the trainer `profit`."""

    images: int
    epochs: int
    rate: float
    trainer: str = "qat"
    distill: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Row:
    """A network quantised in one way; one line for each MulQuant format. network, method: by name."""

    network: str
    method: str
    weight_bits: int
    activation_bits: int
    formats: tuple[str, ...] = ("normalized",)
    pruning: Pruning | None = None
    tuning: Tuning | None = None

    @property
    def name(self) -> str:
        """Unique among all rows, fit for a file."""
        parts = [self.network, self.method, f"w{self.weight_bits}a{self.activation_bits}"]
        if self.pruning is not None:
            parts.append(self.pruning.name)
        return "-".join(parts)


TUNING = {
    ("resnet20", 4): Tuning(images=2000, epochs=1, rate=5e-4),
    ("resnet20", 2): Tuning(images=5000, epochs=1, rate=5e-4),
    ("resnet18", 4): Tuning(images=2000, epochs=1, rate=5e-4),
    ("mobilenet_v1", 4): Tuning(images=8000, epochs=2, rate=1e-3),
}
"""By network and bits of the weights."""

PROFIT = {
    4: Tuning(images=8000, epochs=2, rate=2e-3, trainer="profit", distill=0.5),
    2: Tuning(images=8000, epochs=4, rate=5e-3, trainer="profit", distill=0.5),
}
"""By bits of the weights; at 4 bits the epochs are those of LSQ."""


def tuned(network: str, method: str, bits: int, **others: object) -> Row:
    """A row that is trained, of as many bits everywhere."""
    options = others if "tuning" in others else {"tuning": TUNING[network, bits]} | others
    return Row(network=network, method=method, weight_bits=bits, activation_bits=bits, **options)  # type: ignore[arg-type]


def calibrated(network: str, method: str, bits: int, **others: object) -> Row:
    """A row that is quantised after training, of as many bits everywhere."""
    return Row(network=network, method=method, weight_bits=bits, activation_bits=bits, **others)  # type: ignore[arg-type]


ALL = tuple(FORMATS)


def minmax(network: str, bits: int, pruning: Pruning | None = None) -> Row:
    """Calibrated by MinMax; the dense ResNet-20 at 8 bits in every format."""
    formats = ALL if (network, bits, pruning) == ("resnet20", 8, None) else ("normalized",)
    return calibrated(network, "minmax", bits, pruning=pruning, formats=formats)


METHOD_ROWS = (
    calibrated("resnet20", "minmax-tensor", 4),
    *(minmax("resnet20", bits) for bits in (8, 4)),
    *(calibrated("resnet20", method, 4) for method in ("adaround", "qdrop")),
    calibrated("resnet20", "qdrop", 2),
    *(tuned("resnet20", method, 4) for method in ("sawb", "pact", "lsq")),
    tuned("resnet20", "rcf", 4, formats=ALL),
    *(tuned("resnet20", method, 4) for method in ("apot", "sp2", "msq")),
    *(tuned("resnet20", method, 2) for method in ("lsq", "rcf", "sp2")),
    *(minmax("mobilenet_v1", bits) for bits in (8, 4)),
    *(tuned("mobilenet_v1", method, 4) for method in ("lsq", "sp2", "msq")),
)
"""Table 1: post-training quantisation and quantisation-aware training; each in the format `normalized`."""

LOW_BIT_ROWS = (
    *(row for row in METHOD_ROWS if row.formats == ALL),
    tuned("resnet20", "rcf", 2),
    tuned("resnet18", "rcf", 4),
    tuned("mobilenet_v1", "lsq", 4),
    *(tuned("mobilenet_v1", "profit", bits, tuning=PROFIT[bits]) for bits in (4, 2)),
)
"""Table 2: few bits, and the formats of MulQuant's constants."""

PATTERNS = (
    Pruning(pruner="granet", sparsity=0.5),
    Pruning(pruner="granet", sparsity=0.8),
    Pruning(pruner="2:4"),
)

SPARSE_ROWS = tuple(
    minmax(network, bits, pruning)
    for network in ("resnet20", "resnet50")
    for pruning in (None, *PATTERNS)
    for bits in (8, 4)
)
"""Table 3: sparse training, then post-training quantisation; the dense networks first."""
