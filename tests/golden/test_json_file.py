"""JSON of others: what is no plain file, no JSON or says a field twice is refused, by every reader."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from t2c.golden.errors import PackageError
from t2c.golden.json_file import read_json
from t2c.golden.rom.image import read_manifest

READERS: dict[str, Callable[[Path], object]] = {"json": read_json, "manifest of an image": read_manifest}


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{", r"a\.json: not JSON: "),
        ("[" * 100_000, r"a\.json: not JSON: "),
        ('{"a": \x00}', r"a\.json: not JSON: "),
        ("\udcff", r"a\.json: not JSON: "),
        ('{"format": 1, "format": 2}', r"a\.json: field 'format' is given twice"),
    ],
)
def test_what_is_no_json_is_refused(read: str, text: str, wanted: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(PackageError, match=wanted) as caught:
        READERS[read](path)
    assert len(str(caught.value).replace(str(path), "")) < 200


@pytest.mark.parametrize("read", READERS)
def test_a_pipe_is_not_waited_for(read: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.json")
    with pytest.raises(OSError, match="no plain file"):
        READERS[read](tmp_path / "a.json")
