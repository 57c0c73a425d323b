"""What a program must not do, and how the model says so."""

from __future__ import annotations

from dataclasses import dataclass


class ProgramError(ValueError):
    """A step does what the core does not guard against: its result would be unknown or wrong, without an error code.

    step: number in the program, from 0; field: of the descriptor, that leads there; address: word of a memory, or None.
    """

    def __init__(self, text: str, *, step: int, field: str, address: int | None = None) -> None:
        super().__init__(text)
        self.step = step
        self.field = field
        self.address = address


@dataclass(frozen=True, kw_only=True)
class Place:
    """The step that is carried out. step: number; operation: its name; layer: its layer number."""

    step: int
    operation: str
    layer: int

    def error(self, field: str, text: str, address: int | None = None) -> ProgramError:
        """The error of this step, in one line with field and address."""
        where = "" if address is None else f", address {address}"
        line = f"step {self.step} ({self.operation}, layer {self.layer}), field {field}{where}: {text}"
        return ProgramError(line, step=self.step, field=field, address=address)
