"""What a proof is: a harness over one unit, the method, and negative controls, each with one planted error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


class ProofError(ValueError):
    """A proof that cannot be run as it is written; the message says what to change."""


@dataclass(frozen=True, kw_only=True)
class NegativeControl:
    """RTL with one planted error, which the proof's harness must refute.

    error: what is wrong, in words.
    file: of the unit's RTL.
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
                f"negative control '{self.error}': {self.file} holds {self.original!r} {count} times, once was expected"
            )
        return text.replace(self.original, self.mutant)


@dataclass(frozen=True, kw_only=True)
class HarnessMemory:
    """A memory whose words a harness names.

    path: of the memory, in the harness; width: of a word, in parameters of the harness; words: how many.
    """

    path: str
    width: str
    words: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Proof:
    """Assertions in formal/<top>.v of the unit's folder, assumptions included, about its module and others beside it.

    unit, name: what `--only` matches, as unit/name; the unit that declares the proof puts its name there.
    claim: the property in words.
    top: harness module.
    rtl, specs: files of rtl/, the unit first; further Verilog, of the unit's folder or of formal/hdl.
    includes, defines: further files that the harness includes, and names that it takes from `define.
    parameters: of the harness.
    small: parameters for cover statements and controls, which run from reset, where full width would take long.
    depth: of the induction.
    memories: name of a wire in memories.vh that holds all words of a memory side by side.
    cover_depth: length of runs from reset in whose last cycle the cover statements are reached.
    controls: what must be refuted.
    """

    unit: str = ""
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
    memories: Mapping[str, HarnessMemory] = field(default_factory=dict)
    cover_depth: int
    controls: tuple[NegativeControl, ...]

    def __post_init__(self) -> None:
        if not self.controls:
            raise ProofError(f"{self.id}: a proof without a negative control")
        for control in self.controls:
            if control.file not in self.rtl:
                text = f"negative control '{control.error}' changes {control.file}, which the proof does not read"
                raise ProofError(f"{self.id}: {text}")

    @property
    def id(self) -> str:
        """What `--only` matches."""
        return f"{self.unit}/{self.name}"

    @property
    def method(self) -> str:
        """How far the proof reaches."""
        return f"unbounded, {self.depth}-induction"
