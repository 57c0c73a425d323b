"""What no package may bring: tensors that nobody names, sizes that are not there, names and texts that are traps."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from t2c.golden.errors import PackageError
from t2c.golden.graph.package import GRAPH_FILE, TENSOR_FILE, load_package, save_package
from tests.every_op import every_op_package
from tests.golden.test_package import edit_package, read, write

Members = dict[str, bytes]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_package(every_op_package(), tmp_path / "p")
    return tmp_path / "p"


def members(folder: Path) -> Members:
    with zipfile.ZipFile(folder / TENSOR_FILE) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def repack(folder: Path, found: Members, method: int = zipfile.ZIP_DEFLATED) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in found.items():
            archive.writestr(name, content)
    write(folder, read(folder), stream.getvalue())


def npy(header: str, data: bytes = b"", version: int = 1) -> bytes:
    text = header.encode().ljust(118) + b"\n"
    return b"\x93NUMPY" + bytes([version, 0]) + len(text).to_bytes(2, "little") + text + data


WEIGHT = "fc.weight.npy"
PLAIN = "{'descr': '|i1', 'fortran_order': False, 'shape': %s}"
HEADERS: dict[str, tuple[bytes, str]] = {
    "bracket not closed": (npy("{'descr': '|i1', 'fortran_order': False, 'shape': (4, 3"), "its header is damaged"),
    "quote not closed": (npy("{'descr': '|i1, 'fortran_order': False, 'shape': (4, 3)}"), "its header is damaged"),
    "nested for ever": (npy("(" * 110), "its header is damaged"),
    "empty": (b"", "its header is damaged"),
    "another version": (npy(PLAIN % "(4,)", b"0000", version=9), "its header is damaged"),
    "more than there is": (npy(PLAIN % "(1099511627776,)"), "takes 1099511627776 bytes, 0 are there"),
    "less than there is": (npy(PLAIN % "(1,)", b"00"), "takes 1 bytes, 2 are there"),
    "negative": (npy(PLAIN % "(-1,)"), "is no tensor of numbers"),
    "a pickle": (npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}"), "is no tensor of numbers"),
    "nothing a million times": (npy("{'descr': '|V0', 'fortran_order': False, 'shape': (9,)}"), "no tensor of numbers"),
}


@pytest.mark.parametrize("fault", HEADERS)
def test_a_header_is_read_before_its_data(fault: str, folder: Path) -> None:
    content, message = HEADERS[fault]
    repack(folder, members(folder) | {WEIGHT: content})
    with pytest.raises(PackageError, match=rf"tensors\.npz: not a tensor archive: tensor 'fc\.weight': .*{message}"):
        load_package(folder)


def test_a_bomb_is_not_unpacked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repack(folder, members(folder) | {WEIGHT: npy(PLAIN % "(33554432,)", bytes(1 << 25))})
    monkeypatch.setattr(np.lib.format, "read_array", None)
    with pytest.raises(PackageError, match=r"33554432 bytes, packed into \d+; that is no tensor of a network"):
        load_package(folder)


def test_a_tensor_that_nobody_names_is_refused_unread(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repack(folder, members(folder) | {"stray.npy": npy(PLAIN % "(9,)", bytes(9))})
    asked, reader = [], np.lib.format.read_array
    monkeypatch.setattr(np.lib.format, "read_array", lambda s, **k: asked.append(s.name) or reader(s, **k))
    with pytest.raises(PackageError, match=r"tensors\.npz: no field names tensor 'stray'"):
        load_package(folder)
    assert "stray.npy" not in asked
    assert asked


@pytest.mark.parametrize("name", ["no tensor.txt", "../up", ".npz"])
def test_what_is_no_tensor_is_refused(name: str, folder: Path) -> None:
    repack(folder, members(folder) | {name: b"text"})
    with pytest.raises(PackageError, match=r"tensors\.npz: .* is no tensor"):
        load_package(folder)


def test_other_ways_of_packing_are_refused(folder: Path) -> None:
    repack(folder, members(folder), zipfile.ZIP_LZMA)
    with pytest.raises(PackageError, match="is packed or encrypted in another way"):
        load_package(folder)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_tensors_of_one_name_are_refused(folder: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in [*members(folder).items(), (WEIGHT, b"")]:
            archive.writestr(name, content)
    write(folder, read(folder), stream.getvalue())
    with pytest.raises(PackageError, match="two tensors have one name"):
        load_package(folder)


def renamed(name: str) -> Callable[[Any, Any], None]:
    def edit(document: Any, _: Any) -> None:
        document["nodes"][-1]["name"] = name

    return edit


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("all", "'all' and 'list' are no layers"),
        ("list", "'all' and 'list' are no layers"),
        ("n" * 101, "a name of 101 characters; 100 are allowed"),
        ("n" * 5000, "a name of 5000 characters"),
        ("\x1b[2J", r"node '\\x1b\[2J'"),
        ("a\nb", r"node 'a\\nb'"),
        ("..", "a name is letters"),
        ("", "a name is letters"),
        ("\u202egnp.exe", "a name is letters"),
    ],
)
def test_names_that_are_traps_are_refused(name: str, message: str, folder: Path) -> None:
    edit_package(folder, renamed(name))
    with pytest.raises(PackageError, match=message) as caught:
        load_package(folder)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


def test_the_longest_name_is_a_name(folder: Path) -> None:
    edit_package(folder, renamed("n" * 100))
    assert load_package(folder).graph.nodes[-1].name == "n" * 100


@pytest.mark.parametrize("text", ["\x1b[31mred", "two\nlines", "back\x08space", "\x9b2J", "\u2028", "\u202e", "\ud800"])
def test_texts_that_control_a_terminal_are_refused(text: str, folder: Path) -> None:
    def description(document: Any, _: Any) -> None:
        document["description"] = text

    def metric(document: Any, _: Any) -> None:
        document["metrics"] = {text: 1.0}

    def edge(document: Any, _: Any) -> None:
        document["edges"][text] = document["edges"][document["input"]]

    original = read(folder)
    for edit in (description, metric, edge):
        write(folder, original)
        edit_package(folder, edit)
        with pytest.raises(PackageError, match=r"is none of a line of text") as caught:
            load_package(folder)
        assert str(caught.value).isprintable()


@pytest.mark.parametrize("text", ["größer, 8x8 µm, 数字, é, ‍👩‍🚀", " ", "'\"\\$(x)"])
def test_texts_in_any_language_are_texts(text: str, folder: Path) -> None:
    def description(document: Any, _: Any) -> None:
        document["description"] = text

    edit_package(folder, description)
    assert load_package(folder).description == text


def test_a_value_changed_by_accident_is_seen(folder: Path) -> None:
    """The digest of graph.json; a person who changes it on purpose takes the field out."""
    text = (folder / GRAPH_FILE).read_text()
    changed = text.replace('"half_even"', '"half_away"', 1)
    assert changed != text
    (folder / GRAPH_FILE).write_text(changed)
    with pytest.raises(PackageError, match=r"graph\.json: SHA-256 of its content is [0-9a-f]{16}…"):
        load_package(folder)
    document = json.loads(changed)
    del document["graph_sha256"]
    (folder / GRAPH_FILE).write_text(json.dumps(document))
    load_package(folder)


def test_a_layout_changed_by_hand_is_the_same_package(folder: Path) -> None:
    (folder / GRAPH_FILE).write_text(json.dumps(read(folder), indent=7, sort_keys=True))
    load_package(folder)


def test_a_graph_of_any_size_is_not_read(folder: Path) -> None:
    with (folder / GRAPH_FILE).open("a") as stream:
        stream.truncate(1 << 33)
    with pytest.raises(PackageError, match="above 16 MiB"):
        load_package(folder)
