"""HTML read by the parser of Python into a tree, with all that must hold for a page of ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_EMPTY = {"meta"}
"""Elements that have no end."""
LINKING = {
    "src",
    "href",
    "srcset",
    "action",
    "data",
    "poster",
    "xlink:href",
    "background",
    "formaction",
    "ping",
    "cite",
}
"""Attributes by which a page may ask for something."""


@dataclass
class Node:
    """An element. tag; attributes; children: elements and texts, in order."""

    tag: str
    attributes: dict[str, str]
    children: list[Node | str] = field(default_factory=list)

    def all(self, tag: str = "", **attributes: str) -> list[Node]:
        """All elements in it, of a tag and with some attributes, `_` for `-` and behind a word of Python."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            node
            for node in self._within()
            if (not tag or node.tag == tag)
            and all(node.attributes.get(name) == value for name, value in wanted.items())
        ]

    def one(self, tag: str = "", **attributes: str) -> Node:
        """The only one of these."""
        (found,) = self.all(tag, **attributes)
        return found

    def text(self) -> str:
        """All text in it; that of a title of SVG, which shows when the mouse rests on it, too."""
        return "".join(child if isinstance(child, str) else child.text() for child in self.children)

    def _within(self) -> Iterator[Node]:
        for child in self.children:
            if isinstance(child, Node):
                yield child
                yield from child._within()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.path = [Node("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"{tag} has an attribute twice: {names}"
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.path[-1].children.append(node)
        if tag not in _EMPTY:
            self.path.append(node)

    def handle_endtag(self, tag: str) -> None:
        assert self.path[-1].tag == tag, f"{tag} ends inside {self.path[-1].tag}"
        self.path.pop()

    def handle_data(self, data: str) -> None:
        self.path[-1].children.append(data)


def read_html(text: str) -> Node:
    """The tree of a page or picture; what is not balanced is an error."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert [node.tag for node in reader.path] == [""]
    return reader.path[0]
