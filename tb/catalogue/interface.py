"""What a description may say of a unit: its fields, streams, lanes, and what a module may do without.

Names are those of the unit's ports without the direction (`s_axis_tvalid`, `zero_point`), or of a packed port's fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypedDict

from t2c.tb.catalogue.style import Style

VALID_READY, VALID_ONLY, FIXED_LATENCY = "valid_ready", "valid_only", "fixed_latency"
ROW = "row"
"""What a function of the user's own is called with where a unit makes a row of a row."""
LSB_FIRST, MSB_FIRST = "lsb_first", "msb_first"
FIRST_FIRST, LAST_FIRST = "first_first", "last_first"


@dataclass(frozen=True, kw_only=True)
class Stream:
    """Names of a stream's signals. ready empty: no back-pressure; data: what travels with it."""

    valid: str
    ready: str = ""
    data: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Interface:
    """A unit as its users' modules see it.

    handshakes: that are allowed, the unit's own first; none: nothing to bridge. source, sink: its streams.
    silent: name of the flag on an input that gives no result. fields: packed port -> (field, width), lowest first.
    lanes: port -> how many elements it packs. constants: what may be fixed in the module. features: what a module may
    lack -> the names that only it uses. needs: test -> what it takes: a feature, `latency` or `reset`. narrow: names
    of one bit less where only one signedness of the output is supported. rounding: name of the mode's port. waiting:
    results, besides those in the pipeline, that a bridge must have room for. optional: names of which
    a module has all or none. numbers: name -> whether it is signed, of what a description may state `ranges` of.
    requantises: `order` and `saturate` say something of it. constant: numbers that may be `static`, or
    `shared` by several `lanes` of one module; laned: ports that each of these lanes has. reference:
    names that a function of the user's own is called with; with ROW it returns a list.
    spare: names of which a module may lack each; extras: signals that our unit lacks and a module may
    have. style: what else a module may say of itself.
    """

    handshakes: tuple[str, ...] = ()
    source: Stream = Stream(valid="")
    sink: Stream = Stream(valid="")
    silent: str = ""
    fields: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    lanes: Mapping[str, str] = field(default_factory=dict)
    constants: tuple[str, ...] = ()
    features: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    narrow: tuple[str, ...] = ()
    rounding: str = ""
    waiting: str = "0"
    optional: tuple[str, ...] = ()
    numbers: Mapping[str, bool] = field(default_factory=dict)
    requantises: bool = False
    constant: tuple[str, ...] = ()
    laned: tuple[str, ...] = ()
    reference: tuple[str, ...] = ()
    spare: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    style: Style | None = None


class Streams(TypedDict):
    """Both streams of a unit, as arguments of Interface."""

    source: Stream
    sink: Stream


AXIS: Streams = {
    "source": Stream(valid="s_axis_tvalid", ready="s_axis_tready"),
    "sink": Stream(valid="m_axis_tvalid", ready="m_axis_tready", data=("m_axis_tdata",)),
}
"""One AXI-Stream in and one out."""
AXIS_LAST: Streams = {
    "source": AXIS["source"],
    "sink": Stream(valid="m_axis_tvalid", ready="m_axis_tready", data=("m_axis_tdata", "m_axis_tlast")),
}
"""The same where results carry tlast."""
