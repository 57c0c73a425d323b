"""Errors that only the PyTorch side can raise; ranges, shapes and unsupported operations use `golden.errors`."""


class CalibrationError(RuntimeError):
    """A quantiser was used before it was calibrated; the message names it."""


class ExportError(RuntimeError):
    """The integer network in torch and the golden model differ; nothing is written."""
