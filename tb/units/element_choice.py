"""The element that a user puts in the place of array_element: tried as a class, then as a module under the bench."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from t2c.common.places import RTL
from t2c.contract.element_rtl import element_rtl
from t2c.contract.hardware import Hardware
from t2c.golden.elements.columns import find_element, know_elements
from t2c.golden.elements.element import Element
from t2c.tb.components.element_rules import Tried, try_rules
from t2c.tb.units.element_bench import ELEMENT


@dataclass(frozen=True, kw_only=True)
class ElementChoice:
    """text: its name or file; hardware: the array that it is tried for, of one column; tried: of its class."""

    text: str
    element: Element
    hardware: Hardware
    tried: Tried

    @property
    def parameters(self) -> dict[str, int]:
        """Of the module."""
        hardware = self.hardware
        return {"A_W": hardware.x_w + 1, "W_W": hardware.w_w, "PSUM_W": hardware.psum_w}

    @property
    def settings(self) -> dict[str, object]:
        """The options that choose it again."""
        return {"element": self.text, "x_w": self.hardware.x_w, "w_w": self.hardware.w_w}

    def run_options(self, output: Path) -> dict[str, Any]:
        """What the run of the bench gets besides. output: folder for the RTL that is made."""
        return {
            "rtl": element_rtl(self.hardware, RTL, output),
            "parameters": self.parameters,
            "environment": {ELEMENT: self.text},
            "folder_suffix": self.element.name,
        }

    def line(self) -> str:
        """What was tried of the class."""
        return f"class     {self.element.name}: rules hold for {self.tried}"


def choose_element(text: str, x_w: int, w_w: int, seed: int) -> ElementChoice | None:
    """The element for the bench of array_element; None if none is asked for.

    Args:
        text: name or file.
        x_w, w_w: bits of activations and weights.
        seed: of the draws.

    Raises:
        UserError: there is no such element, it breaks a rule, or the array cannot have it.
    """
    if not text:
        return None
    place = know_elements(text)
    element = find_element(place)
    tried = try_rules(element, x_w + 1, w_w, seed)
    rows = max(2, 2 * element.span)
    hardware = Hardware(rows=rows, cols=1, x_w=x_w, w_w=w_w, element=place)
    return ElementChoice(text=place, element=element, hardware=hardware, tried=tried)
