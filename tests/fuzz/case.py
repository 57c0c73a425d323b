"""One case: a door, an undamaged folder, damage, and what came of it."""

from __future__ import annotations

import traceback
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.fuzz.doors import SHARES, Door, doors
from tests.fuzz.folder_damage import Tree, replace_file, write_tree

REFUSED, SAME, OTHER = "refused", "same", "another that is whole"
FAILED = "FAILED"
LONGEST = 4000
"""Characters of a refusal."""
KIND = 0.03
"""Share of cases in which a file is replaced by something else."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """number: of the case; door; outcome: refused, same, another, FAILED; text: of a refusal or a fault."""

    number: int
    door: str
    outcome: str
    text: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Origins:
    """Undamaged folders of every door, and what they mean."""

    trees: dict[str, list[Tree]]
    meanings: dict[str, list[bytes]]

    @classmethod
    def make(cls, folder: Path, names: Collection[str] = ()) -> Origins:
        """Make them below a folder, and read each; those of some doors, or of all if there are no names.

        Raises:
            Exception: a reader refuses what is undamaged.
        """
        trees, meanings = {}, {}
        for name, door in doors().items():
            if names and name not in names:
                continue
            write_tree(folder / name, {})
            trees[name] = door.trees(folder / name)
            meanings[name] = []
            for tree in trees[name]:
                write_tree(folder / "case", tree)
                meanings[name].append(door.meaning(door.read(folder / "case")))
        return cls(trees=trees, meanings=meanings)


def run_case(seed: int, number: int, origins: Origins, folder: Path) -> Answer:
    """Run one case; the folder holds what was read afterwards.

    Args:
        seed: of the campaign.
        number: of the case.
        origins: undamaged folders.
        folder: for the case.
    """
    rng = Random(f"{seed}-{number}")
    shares = {name: share for name, share in SHARES.items() if name in origins.trees}
    name = rng.choices(list(shares), list(shares.values()))[0]
    door, index = doors()[name], rng.randrange(len(origins.trees[name]))
    tree, sealed = origins.trees[name][index], True
    if rng.random() >= KIND:
        tree, sealed = door.damage(tree, rng)
        write_tree(folder, tree)
    else:
        write_tree(folder, tree)
        replace_file(folder, rng.choice(sorted(tree)), rng)
        sealed = not door.sealed
    return judge(number, name, door, folder, None if sealed else origins.meanings[name][index], rng)


def judge(number: int, name: str, door: Door, folder: Path, meaning: bytes | None, rng: Random) -> Answer:
    """Read the folder. meaning: what it must mean if it is not refused; None if it may mean something else."""
    try:
        found = door.read(folder)
    except door.refusals as error:
        fault = _fault(str(error), folder)
        return Answer(number=number, door=name, outcome=FAILED if fault else REFUSED, text=fault or str(error))
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return Answer(number=number, door=name, outcome=FAILED, text=traceback.format_exc())
    try:
        came = door.meaning(found)
        if meaning is not None:
            if came != meaning:
                return Answer(
                    number=number, door=name, outcome=FAILED, text="it is not refused and means something else"
                )
            return Answer(number=number, door=name, outcome=SAME)
        door.use(found, rng)
    except Exception:
        return Answer(number=number, door=name, outcome=FAILED, text=f"not refused; then:\n{traceback.format_exc()}")
    return Answer(number=number, door=name, outcome=OTHER)


def _fault(text: str, folder: Path) -> str:
    """What is wrong with a refusal, or empty."""
    if "memory enough" in text:
        return f"it ran out of memory: {text}"
    if not text.strip() or len(text) > LONGEST:
        return f"a refusal of {len(text)} characters: {text[:LONGEST]!r}"
    rest = text.replace(str(folder), "")
    return "" if all(c.isprintable() or c in "\n\t" for c in rest) else f"a refusal that controls a terminal: {text!r}"
