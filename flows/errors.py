"""A flow that cannot be run as it is written; where that is known, the message begins with file:line and the task."""

from __future__ import annotations

from pathlib import Path

from t2c.common.errors import UserError
from t2c.common.shown import plain
from t2c.errors import CalibrationError, ExportError, TrainingError

EXPECTED = (
    *(UserError, ValueError, LookupError, NotImplementedError, OSError, MemoryError),
    *(CalibrationError, ExportError, TrainingError),
)
"""What a task or a trial may raise for a user to mend; anything else is a fault of ours, with a traceback."""


class FlowError(UserError):
    """A request that a flow cannot serve; the message is one line."""


class PlacedFlowError(FlowError):
    """A FlowError whose message begins with the place in the yaml."""


def placed(path: Path | str, line: int, task: str, error: BaseException | str) -> FlowError:
    """The error of a task of a yaml; one that has its place already stays as it is.

    Args:
        path: of the yaml, as the user wrote it.
        line: in it, from 1; 0 if who catches the error knows the place.
        task: its name in the yaml.
        error: what is wrong.
    """
    if isinstance(error, PlacedFlowError):
        return error
    text = f"{task}: {error if isinstance(error, str) else one_line(error)}"
    return PlacedFlowError(f"{path}:{line}: {text}") if line else FlowError(text)


def one_line(error: BaseException) -> str:
    """The message of an exception, without the quotes of a KeyError; its kind, if it has none."""
    text = str(error.args[0] if isinstance(error, LookupError) and error.args else error)
    return plain(text) or type(error).__name__
