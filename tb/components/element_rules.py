"""What every element must keep to, tried: on all weights and operands where they are few, else on corners and draws."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from t2c.common.errors import UserError
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.elements.element import Element, Flags

MOST = 1 << 20
"""Sums that are tried at most."""
SPANS = (1, 2, 4, 8, 16)


@dataclass(frozen=True, kw_only=True)
class Tried:
    """How much of an element was tried. exhaustive: all there is, at these widths."""

    sums: int
    weights: int
    exhaustive: bool

    def __str__(self) -> str:
        return f"{self.sums} sums of {self.weights} weights, {'all' if self.exhaustive else 'corners and draws'}"


def try_rules(element: Element, a_w: int, w_w: int, seed: int = 1) -> Tried:
    """Try the rules of an element.

    Args:
        element: of anybody.
        a_w, w_w: bits of operands, signed, and of weights.
        seed: of the draws.

    Raises:
        UserError: a rule does not hold; the message names the element, the rule and the case.
    """
    where = f"element {element.name!r}"
    if element.span not in SPANS:
        raise UserError(f"{where}: span = {element.span!r} is not one of {', '.join(map(str, SPANS))}")
    low, high = element.widths
    if not low <= w_w <= high:
        raise UserError(f"{where}: W_W = {w_w} is not in {low}..{high}")
    bits = _called(element, "code_bits", element.code_bits, w_w)
    if not isinstance(bits, int | np.integer) or not 2 <= bits <= 62:
        raise UserError(f"{where}: code_bits({w_w}) = {bits!r} is not in 2..62")
    rng = np.random.default_rng(seed)
    weights, all_weights = legal_weights(element, w_w, rng)
    _codes(element, weights, w_w, int(bits))
    operands, all_operands = _operands(element, a_w, rng, MOST // len(weights))
    if not all_weights or not all_operands:
        operands = operands[rng.permutation(len(operands))[: max(1, MOST // len(weights))]]
    _sums(element, operands[:, np.newaxis, :], weights[np.newaxis, :, :], a_w, w_w)
    return Tried(sums=len(operands) * len(weights), weights=len(weights), exhaustive=all_weights and all_operands)


def _called(element: Element, name: str, method: Callable[..., object], *arguments: object) -> object:
    try:
        return method(*arguments)
    except Exception as error:  # whatever a class of somebody's raises, its writer mends it
        raise UserError(f"element {element.name!r}: {name}: {type(error).__name__}: {error}") from error


def _array(element: Element, name: str, kinds: str, shape: tuple[int, ...], *arguments: object) -> IntArray:
    """What a method gives: an array of that kind and shape, or a UserError."""
    found = _called(element, name, getattr(element, name), *arguments)
    if not isinstance(found, np.ndarray) or found.dtype.kind not in kinds or found.shape != shape:
        said = f"{found.dtype} {found.shape}" if isinstance(found, np.ndarray) else type(found).__name__
        wanted = "booleans" if kinds == "b" else "integers"
        raise UserError(f"element {element.name!r}: {name} gives {said}, not an array of {wanted} {shape}")
    return found


def _corners(bits: int, beyond: int) -> IntArray:
    """Ends, 0 and powers of two, and that far beyond the ends."""
    half = 1 << (bits - 1)
    near = {sign * (1 << power) + step for power in range(bits) for sign in (-1, 1) for step in (-1, 0, 1)}
    return np.array(sorted(value for value in {0, *near} if -half - beyond <= value < half + beyond), dtype=np.int64)


def legal_weights(element: Element, w_w: int, rng: np.random.Generator) -> tuple[IntArray, bool]:
    """Legal weights to try.

    Args:
        element, w_w: of anybody.
        rng: for draws, where there are too many.

    Returns:
        (count, span) int64, all 0 first where they are not all; whether they are all there are.

    Raises:
        UserError: what the element says of them breaks a rule.
    """
    half, span = 1 << (w_w - 1), element.span
    values = np.arange(-2 * half, 2 * half + 1)  # an element may hold more than two's complement does
    everything = len(values) ** span <= MOST >> 4
    if everything:
        found = np.array(list(itertools.product(values, repeat=span)), dtype=np.int64).reshape(-1, span)
    else:
        corners = _corners(w_w, 1)
        found = np.concatenate([rng.choice(corners, (4096, span)), rng.integers(-half, half, (4096, span))])
        found *= rng.random(found.shape) < rng.random((len(found), 1))  # few and many that are 0
        found = np.unique(np.concatenate([np.zeros((1, span), np.int64), found]), axis=0)
    legal = _array(element, "legal", "b", (len(found),), found, w_w)
    if not legal[(found == 0).all(axis=1)].all():
        raise UserError(f"element {element.name!r}: weights that are all 0 are not legal; idle rows have them")
    if legal.sum() < 2:
        raise UserError(f"element {element.name!r}: no weights but 0 are legal at W_W = {w_w}")
    kept = found[legal]
    if not everything:
        kept = np.concatenate([np.zeros((1, span), np.int64), kept[rng.permutation(len(kept))[:1024]]])
    return kept, everything


def _codes(element: Element, weights: IntArray, w_w: int, bits: int) -> None:
    codes = _array(element, "encode", "iu", (len(weights),), weights, w_w)
    where = f"element {element.name!r}"
    wrong = (codes < 0) | (codes >> bits != 0)
    if wrong.any():
        at = int(wrong.argmax())
        raise UserError(f"{where}: the code {codes[at]} of {weights[at].tolist()} does not fit {bits} bits")
    distinct = np.unique(weights, axis=0)
    order = np.argsort(codes, kind="stable")
    same = (codes[order][1:] == codes[order][:-1]) & (weights[order][1:] != weights[order][:-1]).any(axis=1)
    if same.any():
        first, second = order[int(same.argmax())], order[int(same.argmax()) + 1]
        text = f"{weights[first].tolist()} and {weights[second].tolist()} have the same code {codes[first]}"
        raise UserError(f"{where}: {text}; {len(distinct)} weights were tried")
    back = _array(element, "decode", "iu", weights.shape, codes, w_w)
    wrong = (back != weights).any(axis=1)
    if wrong.any():
        at = int(wrong.argmax())
        raise UserError(f"{where}: the code of {weights[at].tolist()} is decoded as {back[at].tolist()}")


def _operands(element: Element, a_w: int, rng: np.random.Generator, most: int) -> tuple[IntArray, bool]:
    """Operands (count, span), and whether they are all there are."""
    half, span = 1 << (a_w - 1), element.span
    if (2 * half) ** span <= most:
        return np.array(list(itertools.product(range(-half, half), repeat=span)), dtype=np.int64), True
    corners = _corners(a_w, 0)
    count = max(2, most // 2)
    found = np.concatenate([rng.choice(corners, (count, span)), rng.integers(-half, half, (count, span))])
    ends = np.array(list(itertools.product((-half, 0, half - 1), repeat=span)), dtype=np.int64)
    return np.concatenate([ends, found])[: max(len(ends), most)], False


def _sums(element: Element, operands: IntArray, weights: IntArray, a_w: int, w_w: int) -> None:
    where, shape = f"element {element.name!r}", (len(operands), weights.shape[1])
    found = _array(element, "sums", "iu", shape, operands, weights)

    def first(wrong: Flags) -> tuple[list[int], list[int], int]:
        row, column = np.unravel_index(int(wrong.argmax()), shape)
        return operands[row, 0].tolist(), weights[0, column].tolist(), int(found[row, column])

    bound = _called(element, "bound", element.bound, a_w, w_w)
    if not isinstance(bound, int | np.integer):
        raise UserError(f"{where}: bound({a_w}, {w_w}) = {bound!r} is not an integer")
    if (over := np.abs(found) > bound).any():
        a, w, value = first(over)
        raise UserError(f"{where}: sum {value} of operands {a} and weights {w} is above its bound {bound}")
    if element.exact and (wrong := found != (operands * weights).sum(axis=-1)).any():
        a, w, value = first(wrong)
        raise UserError(f"{where}: says that it is exact, but operands {a} and weights {w} give {value}")
    unused = np.where(weights == 0, 0, operands), np.where(operands == 0, 0, weights)
    for what, given in (("operand", (unused[0], weights)), ("weight", (operands, unused[1]))):
        other = _array(element, "sums", "iu", shape, *given)
        if (wrong := other != found).any():
            a, w, value = first(wrong)
            text = (
                f"a{'n' if what == 'operand' else ''} {what} beside a 0 counts: operands {a}, weights {w} give {value}"
            )
            raise UserError(f"{where}: {text}")
