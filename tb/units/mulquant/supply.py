"""Where the bench gets its inputs from: the vectors of stimulus.py, or others within what a module says it takes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import Any

from t2c.golden.arithmetic.rounding import Rounding
from t2c.tb.components.corner_values import draw
from t2c.tb.dut.legal_values import Legal
from t2c.tb.dut.traits import Traits
from t2c.tb.units.mulquant.aim import Aim
from t2c.tb.units.mulquant.stimulus import (
    Config,
    Item,
    Ranges,
    Vector,
    configs,
    corner_pairs,
    corner_vectors,
    mixed_items,
    random_vectors,
    singles,
)

GROUP = 20
"""Random vectors with the same static constants."""
ENDS = 6
"""Values of the accumulator, and of the bias, that are combined at most."""
FIELDS = ("acc", "multiplier", "bias", "shift")


@dataclass(frozen=True, kw_only=True)
class Supply:
    """Everything that the unit has bits for. ranges: of the unit."""

    ranges: Ranges

    def corners(self, count: int) -> list[Item]:
        """Corners, and `count` combinations of them."""
        return singles(corner_vectors(self.ranges, count))

    def usual(self, count: int) -> list[Item]:
        """Vectors whose result lies around the output range."""
        return singles(random_vectors(self.ranges, count))

    def endless(self) -> Iterator[Item]:
        """Vectors as of `usual`, one at a time, that may be inside together."""
        while True:
            yield from self.usual(1)

    def another(self, item: Item) -> Item:
        """An item to fill a lane with."""
        return item

    def pairs(self) -> list[Item]:
        """Corners of two operands."""
        return list(corner_pairs(self.ranges))

    def mixed(self, count: int) -> list[Item]:
        """Vectors and pairs in any order."""
        return list(mixed_items(self.ranges, count))


@dataclass(frozen=True, kw_only=True)
class LegalSupply(Supply):
    """Only what the module takes. legal: field -> its values, every field; traits: of the module."""

    legal: dict[str, Legal]
    traits: Traits

    def corners(self, count: int) -> list[Item]:
        """Corners of the unit in their legal neighbourhood; for each shift, ties and ends with a multiplier in turn."""
        moved = (self._moved(vector) for vector in corner_vectors(self.ranges, count))
        vectors = [] if self.traits.rules.common else list(moved)
        for constants in self._constants():
            vectors += self._with(constants)._around(constants.multiplier, constants.shift)
        return singles(iter(dict.fromkeys(vectors)))

    def usual(self, count: int) -> list[Item]:
        size = GROUP if self.traits.rules.static else self.traits.rules.lanes
        return [item for _ in range(-(-count // size)) for item in islice(self.endless(), size)][:count]

    def another(self, item: Item) -> Item:
        """An item with the same constants."""
        return tuple(replace(vector, acc=self._drawn("acc")) for vector in item)

    def endless(self) -> Iterator[Item]:
        group = self._with(next(self._random()))
        yield from ((vector,) for vector in group._random())

    def pairs(self) -> list[Item]:
        return [tuple(map(self._moved, item)) for item in super().pairs()]

    def mixed(self, count: int) -> list[Item]:
        return [tuple(map(self._moved, item)) for item in super().mixed(count)]

    @property
    def _aim(self) -> Aim:
        return Aim(legal=self.legal, order=self.traits.rules.order)

    @property
    def _rng(self) -> random.Random:
        return self.ranges.rng

    def _moved(self, vector: Vector) -> Vector:
        """The vector with every field at the closest legal value."""
        return replace(vector, **{name: self.legal[name].nearest(getattr(vector, name)) for name in FIELDS})

    def _drawn(self, name: str) -> int:
        return draw(self._rng, *self._rng.choice(self.legal[name].spans))

    def _with(self, constants: Vector) -> LegalSupply:
        """What may be in one beat with a vector: everything, if nothing is static or shared."""
        fixed = {name: getattr(constants, name) for name in self.traits.rules.common}
        return replace(self, legal=self.legal | {name: Legal.of(value, value) for name, value in fixed.items()})

    def _constants(self) -> Iterator[Vector]:
        """Every shift, with multipliers and biases in turn; and for each multiplier the shift that shows saturation."""
        multipliers, biases, shifts = (self.legal[name].small() for name in ("multiplier", "bias", "shift"))
        for index in range(max(len(shifts), len(multipliers))):
            multiplier, bias, shift = (each[index % len(each)] for each in (multipliers, biases, shifts))
            yield Vector(acc=0, multiplier=multiplier, bias=bias, shift=shift)
        for index, multiplier in enumerate(multipliers):
            for shift in self._aim.telling_shifts(multiplier, self.ranges.out_w):
                yield Vector(acc=0, multiplier=multiplier, bias=biases[index % len(biases)], shift=shift)

    def _around(self, multiplier: int, shift: int) -> Iterator[Vector]:
        """Ties, ends and saturations for one pair of constants."""
        yield from self._aim.ties(multiplier, shift, twice=Rounding.DOUBLE.value in self.traits.rounding)
        for acc, bias in product(self.legal["acc"].few(ENDS), self.legal["bias"].few(ENDS)):
            yield Vector(acc=acc, multiplier=multiplier, bias=bias, shift=shift)
        yield from self._aim.saturations(multiplier, shift)

    def _random(self) -> Iterator[Vector]:
        """Random constants, and an accumulator that brings the result to the output range where there is one."""
        rng, out_w = self._rng, self.ranges.out_w
        while True:
            multiplier, shift = self._drawn("multiplier"), self._drawn("shift")
            target = rng.getrandbits(max(shift + out_w + rng.randint(-3, 1), 1)) * rng.choice((-1, 1))
            bias = self.legal["bias"].nearest(
                rng.choice((0, rng.randint(-abs(target), abs(target)), self._drawn("bias")))
            )
            yield self._aim.sum(target, multiplier, shift, bias)


def formats(ranges: Ranges) -> dict[str, Legal]:
    """All values of each field that the unit has bits for."""
    bits = {"acc": ranges.widths.acc, "multiplier": ranges.widths.scale, "bias": ranges.widths.bias}
    signed = {name: Legal.of(-(1 << width - 1), (1 << width - 1) - 1) for name, width in bits.items()}
    return {**signed, "shift": Legal.of(0, (1 << ranges.shift_w) - 1)}


def supply(ranges: Ranges, traits: Traits) -> Supply:
    """What a module is tried with: `LegalSupply` if its description has rules."""
    if not traits.rules.stated:
        return Supply(ranges=ranges)
    fixed = {name: Legal.of(value, value) for name, value in traits.constants.items() if name in FIELDS}
    stated = {name: legal for name, legal in traits.rules.legal.items() if name in FIELDS}
    return LegalSupply(ranges=ranges, legal=formats(ranges) | fixed | stated, traits=traits)


def legal_configs(out_w: int, traits: Traits) -> list[Config]:
    """`configs`, each moved to the closest that the module can be set to, and one with its widest legal range."""
    legal = traits.rules.legal
    found = configs(out_w, traits)
    if not {"zero_point", "lo", "hi"} & set(legal):
        return found

    def at(config: Config, **values: int) -> Config:
        moved: Any = {name: legal[name].nearest(value) for name, value in values.items() if name in legal}
        return replace(config, **moved)

    moved = [at(config, zero_point=config.zero_point, lo=config.lo, hi=config.hi) for config in found]
    wide = [at(config, zero_point=0, lo=-1 << out_w, hi=1 << out_w) for config in found]
    return [config for config in dict.fromkeys((*wide, *moved)) if config.lo <= config.hi]
