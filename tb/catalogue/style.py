"""What only the modules of one unit may say of themselves: fields of their descriptions, and other ports than ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the catalogue is read where no YAML is installed
    from t2c.common.strict_yaml import Value
    from t2c.tb.catalogue.interface import Interface

StyleValues = Mapping[str, Any]
"""A style as json takes it: for traits, which a bench reads."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Style:
    """How a module may differ from our unit beyond names and handshakes; its bench drives it as it is.

    fields: of descriptions. read: (those, mapped ports, handshake) -> the style; raises YamlError. interface: of a
    module of that style. ports: of its adapter with our parameters, name -> (direction, bits); raises ValueError, whose
    text begins with the field and a colon.
    """

    fields: tuple[str, ...]
    read: Callable[[Mapping[str, Value], Mapping[str, Value], str], StyleValues]
    interface: Callable[[Interface, StyleValues], Interface]
    ports: Callable[[StyleValues, Mapping[str, int]], Mapping[str, tuple[str, int]]]
