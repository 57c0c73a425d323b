"""Golden in a cocotb bench of a user's own: words to drive, tensors to expect, and the pytest fixture that runs it."""

from t2c.tb.expect.expected import Expected, WrongTensor
from t2c.tb.expect.golden import Golden

__all__ = ["Expected", "Golden", "WrongTensor"]
