"""HTML and SVG as text: what is not markup already is escaped, so that a name cannot become a tag."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from urllib.parse import quote

_SPACES = "\n\N{NO-BREAK SPACE}"


class Markup(str):
    """A text that is HTML or SVG already."""

    __slots__ = ()


def element(tag: str, *inside: str, **attributes: object) -> Markup:
    """An element with all its text escaped.

    Args:
        tag: its name.
        inside: elements, and texts, which are escaped.
        attributes: by name, `_` for `-` and behind a word of Python; None leaves one out.

    >>> element("b", "1 < 2", class_="x", data_of='"')
    '<b class="x" data-of="&quot;">1 &lt; 2</b>'
    """
    said = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{clean(str(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{tag}{said}>{joined(inside)}</{tag}>")


def joined(parts: Iterable[str]) -> Markup:
    """Elements and texts in a row; the texts are escaped."""
    return Markup("".join(part if isinstance(part, Markup) else clean(part) for part in parts))


def clean(text: str) -> str:
    """A text with neither markup nor characters that no page may have.

    >>> clean("a<b\\x00")
    'a&lt;b\\ufffd'
    """
    return escape("".join(one if one.isprintable() or one in _SPACES else "\N{REPLACEMENT CHARACTER}" for one in text))


def link(text: str, path: str) -> Markup:
    """A link to a file beside the page; only the text of one that would lead out of there."""
    if path.startswith(("/", "\\")) or re.search(r"(^|/)\.\.(/|$)", path):
        return element("span", text, title=path)
    return element("a", text, href=quote(path), title=path)
