"""An executable model of the core: it runs a program's words step by step and gives every memory word.

It knows nothing of the compiler: its inputs are what the hardware gets. See docs/core_model.md.
"""

from t2c.core_model.errors import ProgramError
from t2c.core_model.host import Host, MemoryHost, QueueHost
from t2c.core_model.model import CoreModel, StepRecord

__all__ = ["CoreModel", "Host", "MemoryHost", "ProgramError", "QueueHost", "StepRecord"]
