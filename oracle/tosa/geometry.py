"""Windows of TOSA as golden's: TOSA's order of the sides is golden's, top, bottom, left, right."""

from __future__ import annotations

from oracle.tosa.case import TosaCase
from t2c.golden.arithmetic.window import MAX_EXTENT, Window


def window_of(case: TosaCase, kernel: tuple[int, ...]) -> Window:
    """Golden's window of a test with such a kernel.

    Raises:
        RangeError: it is none, as `too_far` says beforehand.
    """
    stride, dilation = case.attributes["stride"], case.attributes.get("dilation", (1, 1))
    return Window(kernel=kernel, stride=stride, padding=case.attributes["pad"], dilation=dilation)  # type: ignore[arg-type]


def too_far(case: TosaCase, kernel: tuple[int, ...]) -> str:
    """Why such a window is none of golden's; "" if it is one."""
    numbers = [*kernel, *(n for name in ("stride", "pad", "dilation") for n in case.attributes.get(name, ()))]
    return (
        f"a kernel, stride, padding or dilation above {MAX_EXTENT}, golden's limit" if max(numbers) > MAX_EXTENT else ""
    )
