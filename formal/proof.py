"""What a proof is: a harness over one unit, the method, and a twin with one planted error that must be refuted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


class ProofError(ValueError):
    """A proof that cannot be run as it is written; the message says what to change."""


@dataclass(frozen=True, kw_only=True)
class Twin:
    """One planted error.

    error: what is wrong, in words.
    file: of rtl/.
    original, mutant: text that is there exactly once, and what replaces it.
    depth: length of a run from reset in whose last cycle the error shows.
    show: signals of the harness that make the counterexample readable.
    """

    error: str
    file: str
    original: str
    mutant: str
    depth: int
    show: tuple[str, ...]

    def plant(self, text: str) -> str:
        """The source with the error in it.

        Raises:
            ProofError: the original is not there, or more than once.
        """
        if (count := text.count(self.original)) != 1:
            raise ProofError(
                f"twin '{self.error}': {self.file} holds {self.original!r} {count} times, once was expected"
            )
        return text.replace(self.original, self.mutant)


@dataclass(frozen=True, kw_only=True)
class Memory:
    """A memory whose words a harness names.

    path: of the memory, in the harness; width: of a word, in parameters of the harness; words: how many.
    """

    path: str
    width: str
    words: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Proof:
    """Assertions in formal/hdl/<top>.v, assumptions included, about modules of rtl/.

    unit, name: what `--only` matches, as unit/name.
    claim: the property in words.
    top: harness module.
    rtl, specs: files of rtl/, the unit first; further files of formal/hdl.
    includes, defines: further files that the harness includes, and names that it takes from `define.
    parameters: of the harness.
    small: parameters for cover statements and twins, which run from reset, where full width would take long.
    depth: of the induction.
    memories: name of a wire in memories.vh that holds all words of a memory side by side.
    cover_depth: length of runs from reset in whose last cycle the cover statements are reached.
    twins: what must be refuted.
    """

    unit: str
    name: str
    claim: str
    top: str
    rtl: tuple[str, ...]
    specs: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    defines: tuple[str, ...] = ()
    parameters: Mapping[str, int] = field(default_factory=dict)
    small: Mapping[str, int] = field(default_factory=dict)
    depth: int = 2
    memories: Mapping[str, Memory] = field(default_factory=dict)
    cover_depth: int
    twins: tuple[Twin, ...]

    def __post_init__(self) -> None:
        if not self.twins:
            raise ProofError(f"{self.id}: a proof without a twin")
        for twin in self.twins:
            if twin.file not in self.rtl:
                raise ProofError(f"{self.id}: twin '{twin.error}' changes {twin.file}, which the proof does not read")

    @property
    def id(self) -> str:
        return f"{self.unit}/{self.name}"

    @property
    def method(self) -> str:
        """How far the proof reaches."""
        return f"unbounded, {self.depth}-induction"
