"""Texts of a package: names and descriptions go to terminals and to names of files."""

from __future__ import annotations

import unicodedata

from t2c.golden.errors import PackageError

LONGEST_NAME = 100
"""Characters of a name: two of them and a few more make the name of a folder."""
LONGEST_TEXT = 2000
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
