"""The pattern language of layouts: `"(nf pe=4) c -> nf c(4) (pe)"` as a tree of axes.

    pattern := left "->" right
    left    := { name ["=" N] | "(" { name ["=" N] } ")" ["+"] | "1" | "..." }
    right   := { ["~"] ( name [ "=" N ] | "(" right ")" | "1" | "..." ) [ "(" N ")" ] }

The grammar follows the rearrangement and repetition patterns of einops, plus `+`, `~` and `(N)`; docs/layouts.md
says what each means.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NoReturn

from t2c.common.shown import shown

_TOKEN = re.compile(r"->|\.\.\.|[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[()=+~]")
ELLIPSIS = "..."
LONGEST = 1000
"""Characters of a pattern."""
DEEPEST = 20
"""Parentheses inside one another."""
LARGEST = 1 << 28
"""Most elements of a size, and of a whole layout with its padding."""


class LayoutError(ValueError):
    """A layout cannot be read, or does not fit a tensor; the message names the place in the pattern."""


@dataclass(frozen=True)
class TensorAxis:
    """An axis of the tensor, outermost factor first.

    names: of its factors; sizes: of each, None where it is open; filled: whether the axis is padded to a multiple of
    the known sizes; at: the character of the pattern, from 1.
    """

    names: tuple[str, ...]
    sizes: tuple[int | None, ...]
    filled: bool
    at: int


@dataclass(frozen=True)
class WordAxis:
    """An axis of the words, or a part of one.

    name: of the left, `1` or `...`; empty for a group; items: of a group; multiple: it is padded to a multiple of
    this, 0 for no padding; backwards: its elements lie last to first; at: as in `TensorAxis`; times: of a name that the
    left does not have, how often all that the others say lies there, otherwise 0.
    """

    name: str
    items: tuple[WordAxis, ...]
    multiple: int
    backwards: bool
    at: int
    times: int = 0

    @property
    def is_group(self) -> bool:
        """Whether it merges others."""
        return not self.name

    def leaves(self) -> tuple[WordAxis, ...]:
        """The names in it, in order."""
        return tuple(leaf for item in self.items for leaf in item.leaves()) if self.is_group else (self,)


@dataclass(frozen=True)
class Pattern:
    """A pattern that names every axis once on each side.

    >>> Pattern.parse("c h w -> h w c(4)").right[-1].multiple
    4

    Raises:
        LayoutError: it cannot be read; an element would lie nowhere or twice.
    """

    text: str
    left: tuple[TensorAxis, ...] = field(default=())
    right: tuple[WordAxis, ...] = field(default=())

    @classmethod
    def parse(cls, text: str) -> Pattern:
        """Read a pattern."""
        if not isinstance(text, str) or len(text) > LONGEST:
            raise LayoutError(f"layout {shown(text)}: not a text of at most {LONGEST} characters")
        return _Reader(text).pattern()

    def error(self, what: str, at: int = 0) -> LayoutError:
        """An error in this pattern, at a character of it."""
        return _error(self.text, what, at)


def _error(text: str, what: str, at: int) -> LayoutError:
    return LayoutError(f"layout {shown(text, 200)}{f', character {at}' if at else ''}: {what}")


class _Reader:
    """Tokens of a text, read from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, int]] = []
        place = 0
        while place < len(text):
            if text[place].isspace():
                place += 1
            elif found := _TOKEN.match(text, place):
                self.tokens.append((found[0], place + 1))
                place = found.end()
            else:
                self.fail(f"{shown(text[place])} has no meaning here", place + 1)
        self.tokens.append(("", len(text) + 1))
        self.next = 0

    def fail(self, what: str, at: int) -> NoReturn:
        raise _error(self.text, what, at)

    @property
    def token(self) -> str:
        return self.tokens[self.next][0]

    @property
    def at(self) -> int:
        return self.tokens[self.next][1]

    def take(self, *wanted: str) -> bool:
        """Step over the next tokens if they are these."""
        here = self.tokens[self.next : self.next + len(wanted)]
        if [token for token, _ in here] != list(wanted):
            return False
        self.next += len(wanted)
        return True

    def number(self, least: int = 1) -> int:
        text, at = self.tokens[self.next]
        if not text.isdigit():
            self.fail(f"a size is expected, not {_shown(text)}", at)
        if len(text) > 9 or not least <= int(text) <= LARGEST:
            self.fail(f"size {text} is outside {least}..{LARGEST}", at)
        self.next += 1
        return int(text)

    def pattern(self) -> Pattern:
        left: list[TensorAxis] = []
        while not self.take("->"):
            if not self.token:
                self.fail("there is no ->", self.at)
            left.append(self.split())
        right = self.items(0)
        if self.token:
            self.fail(f"{_shown(self.token)} has no meaning here", self.at)
        return self.checked(tuple(left), right)

    def split(self) -> TensorAxis:
        at = self.at
        if not self.take("("):
            name, size = self.factor(alone=True)
            return TensorAxis((name,) if name != "1" else (), (size,) if name != "1" else (), False, at)
        names, sizes = [], []
        while not self.take(")"):
            name, size = self.factor(alone=False)
            names.append(name)
            sizes.append(size)
        if not names:
            self.fail("() holds no name", at)
        return TensorAxis(tuple(names), tuple(sizes), self.take("+"), at)

    def factor(self, alone: bool) -> tuple[str, int | None]:
        token, at = self.tokens[self.next]
        if not (token.isidentifier() or (alone and token in ("1", ELLIPSIS))):
            self.fail(f"a name is expected, not {_shown(token)}", at)
        self.next += 1
        return token, self.number() if token.isidentifier() and self.take("=") else None

    def items(self, depth: int) -> tuple[WordAxis, ...]:
        found = []
        while self.token not in ("", ")"):
            found.append(self.item(depth))
        return tuple(found)

    def item(self, depth: int) -> WordAxis:
        at = self.at
        backwards = self.take("~")
        items: tuple[WordAxis, ...] = ()
        name = self.token
        if self.take("("):
            if depth == DEEPEST:
                self.fail(f"more than {DEEPEST} parentheses inside one another", at)
            name, items = "", self.items(depth + 1)
            if not self.take(")"):
                self.fail("( is not closed", at)
            if not items:
                self.fail("() holds no name", at)
        elif name.isidentifier() or name in ("1", ELLIPSIS):
            self.next += 1
        else:
            self.fail(f"a name is expected, not {_shown(name)}", self.at)
        times = self.number() if name.isidentifier() and self.take("=") else 0
        multiple = 0
        if self.token == "(" and self.tokens[self.next + 1][0].isdigit() and self.tokens[self.next + 2][0] == ")":
            self.next += 1
            multiple = self.number()
            self.next += 1
        if name == ELLIPSIS and (multiple or backwards):
            self.fail("... stands for several axes: put it in parentheses", at)
        return WordAxis(name, items, multiple, backwards, at, times)

    def checked(self, left: tuple[TensorAxis, ...], right: tuple[WordAxis, ...]) -> Pattern:
        """Every name once on each side: no element is left out, and one lies twice only where `name=N` says so."""
        if not right:
            self.fail("there is nothing on the right", self.at)
        there: dict[str, int] = {}
        for split in left:
            for name in split.names:
                if name in there:
                    self.fail(f"{name} stands twice on the left", split.at)
                there[name] = split.at
        seen: set[str] = set()
        for leaf in (leaf for item in right for leaf in item.leaves() if leaf.name != "1"):
            if leaf.name in seen:
                self.fail(f"{leaf.name} stands twice on the right: its elements would overlap", leaf.at)
            if leaf.times and leaf.name in there:
                self.fail(f"{leaf.name} is on the left, where its size stands", leaf.at)
            if leaf.name not in there and not leaf.times:
                more = f"; {leaf.name}=2 lays everything twice" if leaf.name.isidentifier() else ""
                self.fail(f"{leaf.name} is not on the left{more}", leaf.at)
            seen.add(leaf.name)
        for name, at in there.items():
            if name not in seen:
                self.fail(f"{name} is not on the right: the layout does not cover the tensor", at)
        return Pattern(self.text, left, right)


def _shown(token: str) -> str:
    return repr(token) if token else "the end"
