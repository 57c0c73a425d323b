"""How a message shows a value that someone else chose: in one line, cut short, and never as it is on a terminal."""

from __future__ import annotations

import reprlib

MOST = 60
"""Characters of a value that a message shows."""
LONGEST = 2000
"""Characters of a message."""
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxlong = _SHORT.maxother = 4 * MOST
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxdict = MOST


def shown(value: object, most: int = MOST) -> str:
    """A value as a message shows it: no line break, no control character, no more than `most` characters.

    >>> shown("conv1"), shown("x" * 100, 8), shown([0] * 100, 8)
    ("'conv1'", "'xxxxxxx…", '[0, 0, 0…')
    """
    try:
        text = _SHORT.repr(value)
    except ValueError:  # an integer of more digits than Python writes
        text = "a number of thousands of digits"
    return text if len(text) <= most else f"{text[:most]}…"


def plain(text: str, most: int = LONGEST) -> str:
    """A message of several parts with what controls a terminal written out, and of `most` characters at most.

    Line breaks become blanks; letters of all languages stay as they are.

    >>> plain("größer \\x1b[2J \\u202e")
    'größer \\\\x1b[2J \\\\u202e'
    """
    text = " ".join(text[: 2 * most].split())
    text = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
    return text if len(text) <= most else f"{text[:most]}…"
