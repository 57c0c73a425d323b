"""Errors that only the PyTorch side can raise; ranges, shapes and unsupported operations use `t2c.golden.errors`."""


class CalibrationError(RuntimeError):
    """A quantiser was used before it was calibrated; the message names it."""


class CheckpointError(ValueError):
    """A file that is no checkpoint, is damaged, or is of another model or run; the message names the file."""


class ExportError(RuntimeError):
    """The integer network in torch and the golden model differ; nothing is written."""


class TrainingError(RuntimeError):
    """A training diverged; the message names the epoch and the step."""


class ModelError(ValueError):
    """A model by name that does not exist, cannot be made, or does not fit the data; the message names it."""
