"""Texts of a package: which of them a terminal may get as they are, and how those in messages are cut short."""

from __future__ import annotations

import reprlib
import unicodedata

from t2c.golden.errors import PackageError

LONGEST_NAME = 100
"""Characters of a name: two of them and a few more make the name of a folder."""
LONGEST_TEXT = 2000
SHOWN = 60
"""Characters of a value that a message shows."""
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxlong = _SHORT.maxother = 4 * SHOWN
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxdict = SHOWN
_CONTROLS = {"Cc", "Cs", "Zl", "Zp"}
_TURNS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
"""Bidirectional classes of characters that turn the text around them."""


def check_text(text: str, place: str, longest: int = LONGEST_TEXT) -> str:
    """Return a text that is one line of at most so many characters, none of which controls a terminal.

    Raises:
        PackageError: it is not.
    """
    if len(text) > longest:
        raise PackageError(f"{place}: {len(text)} characters, {longest} are allowed")
    for letter in text:
        if unicodedata.category(letter) in _CONTROLS or unicodedata.bidirectional(letter) in _TURNS:
            raise PackageError(f"{place}: character U+{ord(letter):04X} is none of a line of text")
    return text


def shown(value: object, most: int = SHOWN) -> str:
    """A value as a message shows it: no line break, no control character, no more than `most` characters.

    >>> shown("conv1"), shown("x" * 100, 8), shown([0] * 100, 8)
    ("'conv1'", "'xxxxxxx…", '[0, 0, 0…')
    """
    try:
        text = _SHORT.repr(value)
    except ValueError:  # an integer of more digits than Python writes
        text = "a number of thousands of digits"
    return text if len(text) <= most else f"{text[:most]}…"
