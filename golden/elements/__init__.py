"""Processing elements: what one of the array computes, one file each (docs/elements.md)."""

from t2c.golden.elements.element import ELEMENTS, Element, Flags, register_element
from t2c.golden.elements.mac import PlainWeights

__all__ = ["ELEMENTS", "Element", "Flags", "PlainWeights", "register_element"]
