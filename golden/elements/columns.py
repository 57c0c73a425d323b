"""Which element each column of an array has."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from t2c.common.errors import SettingError, UserError
from t2c.common.shown import shown
from t2c.golden.arithmetic.formats import IntArray, twos_complement
from t2c.golden.elements.element import ELEMENTS, Element
from t2c.golden.elements.mac import Mac
from t2c.golden.elements.own import own_element
from t2c.golden.errors import RangeError

SUFFIXES = (".yaml", ".yml")
"""Of a file that describes an element."""
_PART = re.compile(r"(?P<name>.+?)(?::(?P<count>\d+))?")


@dataclass(frozen=True)
class Columns:
    """Elements of an array from column 0 on: (element, how many columns) each. All have one span and code width."""

    parts: tuple[tuple[Element, int], ...]

    @property
    def first(self) -> Element:
        return self.parts[0][0]

    @property
    def plain(self) -> bool:
        """Whether all columns are multipliers."""
        return all(isinstance(element, Mac) for element, _ in self.parts)

    @property
    def exact(self) -> bool:
        """Whether all sums are those of products."""
        return all(element.exact for element, _ in self.parts)

    @property
    def mixed(self) -> bool:
        return len(self.parts) > 1

    @property
    def span(self) -> int:
        return self.first.span

    @cached_property
    def of_column(self) -> tuple[int, ...]:
        """Part of each column."""
        return tuple(number for number, (_, count) in enumerate(self.parts) for _ in range(count))

    def element(self, column: int) -> Element:
        """Of a column."""
        return self.parts[self.of_column[column]][0]

    def code_bits(self, w_w: int) -> int:
        return self.first.code_bits(w_w)

    def words(self, weights: IntArray, w_w: int) -> IntArray:
        """Rows of weights as the memory holds them: (..., rows, cols) to (..., rows / span, cols) codes, signed.

        Raises:
            RangeError: weights that their element does not hold; the message names the first ones.
        """
        if self.plain:
            return weights
        grouped = self.grouped(weights)
        legal = self._apply("legal", grouped, w_w)
        if not legal.all():
            *_, word, column = (int(at) for at in np.argwhere(~legal)[0])
            held = grouped[~legal][0].tolist()
            name = self.element(column).name
            text = f"weights {held}" if self.span > 1 else f"weight {held[0]}"
            raise RangeError(f"{text} of row {word * self.span}, column {column}: element {name!r} does not hold that")
        return twos_complement(self._apply("encode", grouped, w_w), self.code_bits(w_w))

    def weights(self, words: IntArray, w_w: int) -> IntArray:
        """What `words` gave, back again: (..., rows / span, cols) to (..., rows, cols)."""
        if self.plain:
            return words
        return self.ungrouped(self._apply("decode", words & ((1 << self.code_bits(w_w)) - 1), w_w, axis=-1, at=-2))

    def grouped(self, weights: IntArray) -> IntArray:
        """Rows of weights by element: (..., rows, cols) to (..., rows / span, cols, span)."""
        *front, rows, cols = weights.shape
        return np.moveaxis(weights.reshape(*front, rows // self.span, self.span, cols), -2, -1)

    def ungrouped(self, weights: IntArray) -> IntArray:
        """The inverse of `grouped`."""
        *front, words, cols, span = weights.shape
        return np.moveaxis(weights, -1, -2).reshape(*front, words * span, cols)

    def sums(self, operands: IntArray, weights: IntArray) -> IntArray:
        """Column sums of one tile: (pixels, rows) by (rows, cols) to (pixels, cols)."""
        taken = operands.reshape(len(operands), -1, 1, self.span)
        found, first = [], 0
        for element, count in self.parts:
            mine = self.grouped(weights[:, first : first + count])
            found.append(element.sums(taken, mine[np.newaxis]).sum(axis=1))
            first += count
        return np.concatenate(found, axis=-1)

    def _apply(self, method: str, values: IntArray, w_w: int, *, axis: int = -2, at: int | None = None) -> IntArray:
        """A method of each part's element on its columns, which lie on that axis; at: where they lie in the result."""
        starts = np.cumsum([count for _, count in self.parts])[:-1]
        pieces = np.split(values, starts, axis=axis)
        made = [getattr(element, method)(piece, w_w) for (element, _), piece in zip(self.parts, pieces, strict=True)]
        return np.concatenate(made, axis=-1 if at is None else at)


def columns_of(text: str, cols: int, w_w: int) -> Columns:
    """Read which elements an array of so many columns has.

    Args:
        text: empty for multipliers; a name, or a file of an element of somebody's own (`own_element`), for all
            columns; NAME:COUNT,NAME:COUNT for several, from column 0 on.
        cols, w_w: of the array.

    Raises:
        SettingError, UserError: no such element, other counts than columns, or elements that do not go together.
    """
    if not text:
        return Columns(((Mac(), cols),))
    parts: list[tuple[Element, int]] = []
    given = text.split(",")
    for part in given:
        found = _PART.fullmatch(part.strip())
        name, count = (found["name"], found["count"]) if found else (part, None)
        if count is None and len(given) > 1:
            raise SettingError("{element} = {text!r}: {part} has no :COUNT", {"text": text, "part": shown(part)})
        parts.append((find_element(name), cols if count is None else int(count)))
    if sum(count for _, count in parts) != cols or not all(count for _, count in parts):
        total = " + ".join(str(count) for _, count in parts)
        raise SettingError(
            "{element} = {text!r}: {total} columns, COLS = {cols}", {"text": text, "total": total, "cols": cols}
        )
    first = parts[0][0]
    for element, _ in parts:
        if len(parts) > 1 and not element.exact:
            raise UserError(f"element {element.name!r} has sums of its own; columns of several kinds are exact")
        low, high = element.widths
        if not low <= w_w <= high:
            limits = str(low) if low == high else f"{low}..{high}"
            raise UserError(f"element {element.name!r}: W_W = {w_w}, it takes {limits}")
        for what, mine, theirs in (
            ("operands an element", element.span, first.span),
            ("bits a code", element.code_bits(w_w), first.code_bits(w_w)),
        ):
            if mine != theirs:
                text = f"{first.name!r} has {theirs} {what}, {element.name!r} {mine}"
                raise UserError(f"elements {text}; columns of one array have the same")
    return Columns(tuple(parts))


def know_elements(text: str) -> str:
    """Make elements of somebody's own known by their names, before a package that names them is read.

    Args:
        text: as of `columns_of`.

    Returns:
        the same for a process in another folder: files have absolute paths.

    Raises:
        UserError: as `own_element`.
    """
    parts = []
    for part in text.split(",") if text else ():
        name, colon, count = part.strip().rpartition(":")
        name, colon, count = (name, colon, count) if colon and count.isdecimal() else (part.strip(), "", "")
        if name.endswith(SUFFIXES):
            own_element(name)
            name = str(Path(name).resolve())
        parts.append(f"{name}{colon}{count}")
    return ",".join(parts)


def find_element(name: str) -> Element:
    """An element by its name, or by the file that describes one.

    Raises:
        UserError: there is none.
    """
    if name.endswith(SUFFIXES):
        return own_element(name)
    kind = ELEMENTS.find(name)
    if kind is None:
        raise UserError(f"element {shown(name)} is not one of {', '.join(ELEMENTS.names())}, nor a file NAME.yaml")
    return kind()
