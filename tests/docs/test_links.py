"""Every link, every file and every module that a page names is there."""

from __future__ import annotations

import importlib
import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
FILE = re.compile(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|vh?|md|ya?ml|json|f|h|c|cpp|sh|toml|svg|vlt))`")
MODULE = re.compile(r"`(t2c(?:\.[A-Za-z_]\w*){2,})`")
MADE = ("sim_build/", "packages/", "core/", "tensors/", "vectors/", "look/")
"""What a command makes; not in the repository."""
FORMS = re.compile(r"UNIT|NNN")
"""Parts of a name that stand for others."""


def pages() -> list[str]:
    """All but the changelog, which also names what is gone."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [name for name in listed.stdout.split() if (ROOT / name).is_file() and name != "CHANGELOG.md"]


def prose(text: str) -> str:
    """A page without its blocks of code, where brackets mean other things."""
    return re.sub(r"^(```.*?^```|    .*?)$", "", text, flags=re.DOTALL | re.MULTILINE)


def exists(name: str) -> bool:
    """Whether a dotted name is a module, or something in one."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        for part in parts[count:]:
            if not hasattr(found, part):
                return part in getattr(found, "__annotations__", {})
            found = getattr(found, part)
        return True
    return False


def missing(page: Path, folder: Path) -> list[str]:
    """What a page names and is not there; its links are relative to the folder."""
    text = prose(page.read_text())
    links = [link for link in LINK.findall(text) if "://" not in link]
    gone = [link for link in links if not (folder / link).exists()]
    files = [name for name in FILE.findall(text) if not name.startswith(MADE) and not FORMS.search(name)]
    gone += [name for name in files if not (ROOT / name).exists() and not (folder / name).exists()]
    return gone + [name for name in MODULE.findall(text) if not exists(name)]


@pytest.mark.parametrize("page", pages())
def test_what_a_page_names_is_there(page: str) -> None:
    pytest.importorskip("torch", reason="pages name modules that need it")
    assert missing(ROOT / page, (ROOT / page).parent) == []


@pytest.mark.parametrize(
    "text",
    ["[a page](docs/no_such_page.md)", "see `golden/no_such_file.py`", "`t2c.golden.no_such_module`, `t2c.tb.x.y`"],
)
def test_a_name_of_nothing_is_seen(text: str, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(f"# Page\n\n{text}\n")
    assert missing(tmp_path / "page.md", ROOT)


def test_there_are_pages_with_links() -> None:
    assert {"README.md", "docs/README.md", "docs/architecture.md", "CONTRIBUTING.md"} <= set(pages())
    assert len(LINK.findall((ROOT / "docs" / "README.md").read_text())) > 20
