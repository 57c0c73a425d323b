"""Memories: one inside the module that we write and read through its RAM port, and one of ours that it addresses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from t2c.tb.accelerator.port import DoorPort, instance_text
from t2c.tb.accelerator.shared_memory import SharingPort

WORDS = 1 << 24
"""Most words of a memory of ours."""


class RamPort(DoorPort):
    """addr, we, wdata, en and rdata of a memory inside; we write before a run and read after it."""

    kind: ClassVar[str] = "ram"
    keeps: ClassVar[bool] = True
    keys: ClassVar[tuple[str, ...]] = ("addr", "we", "en", "wdata", "rdata", "latency")
    addressed: ClassVar[bool] = True

    def read(self) -> None:
        self.addr_w = self.pin("addr", "input")
        wdata = self.pin("wdata", "input", optional=True)
        rdata = self.pin("rdata", "output", optional=True)
        self.has_en = bool(self.pin("en", "input", 1, optional=True))
        self.we_w = self.pin("we", "input", optional=True)
        if not (wdata or rdata):
            raise self.value.error(f"ports: {self.name}: ram needs wdata, rdata or both")
        if wdata and not (self.we_w or self.has_en):
            raise self.value.error(f"ports: {self.name}: ram with wdata needs we (or en, if that alone writes)")
        if wdata and rdata and wdata != rdata:
            raise self.value.error(f"ports: {self.name}: wdata has {wdata} bits, rdata {rdata}")
        self.loads, self.gives = bool(wdata), bool(rdata)
        self.latency = self.number("latency", 1, 0, 1 << 16)
        self.width = wdata or rdata
        self.fields = {"": self.width}
        self.declare("stall")
        self.declare("count", 32)
        self.declare("ok")
        self.declare("part", 32, variable=True)
        if self.we_w > 1:
            self.declare("we_all")
            self.declared.append(f"    assign {self.wire('we')} = {{{self.we_w}{{{self.wire('we_all')}}}}};")

    @property
    def size(self) -> int:
        return 1 << self.addr_w

    @property
    def loaded(self) -> str:
        return self.wire("ok")

    def state(self) -> Sequence[tuple[str, str]]:
        return [("accesses", self.wire("count")), ("address", self.wire("addr"))]

    def instance(self) -> str:
        pins = self.common_pins() | {
            "part_i": self.wire("part"),
            "flush_i": "door_flush",
            "stall_i": self.wire("stall"),
            "en_o": self.wire("en") if self.has_en else "",
            "we_o": self.wire("we" if self.we_w == 1 else "we_all") if self.we_w else "",
            "addr_o": self.wire("addr"),
            "wdata_o": self.wire("wdata") if self.loads else "",
            "rdata_i": self.wire("rdata") if self.gives else f"{self.width}'d0",
            "done_o": self.wire("ok"),
            "count_o": self.wire("count"),
        }
        parameters = {
            "NAME": f'"{self.name}"',
            "FILE": f'"{self.name}.in"',
            "ADDR_W": self.addr_w,
            "WIDTH": self.width,
            "LATENCY": self.latency,
        }
        return self.stall_generator() + instance_text("door_ram", self.wire("i"), parameters, pins)


class MemoryPort(SharingPort):
    """A memory of ours: addr (or raddr and waddr) of theirs, rdata to them, we, wdata and strb from them."""

    kind: ClassVar[str] = "memory"
    keys: ClassVar[tuple[str, ...]] = (
        *("addr", "raddr", "waddr", "en", "re", "we", "strb", "wdata", "rdata"),
        *("latency", "words", "shares"),
    )
    addressed: ClassVar[bool] = True
    stalls = False

    def read(self) -> None:
        one = self.pin("addr", "output", optional=True)
        if one and ("raddr" in self.entries or "waddr" in self.entries):
            raise self.value.error(f"ports: {self.name}: addr, or raddr and waddr, not both")
        rdata = self.pin("rdata", "input", optional=True)
        wdata = self.pin("wdata", "output", optional=True)
        if not (rdata or wdata):
            raise self.value.error(f"ports: {self.name}: memory needs rdata, wdata or both")
        if rdata and wdata and rdata != wdata:
            raise self.value.error(f"ports: {self.name}: rdata has {rdata} bits, wdata {wdata}")
        self.width, self.reads, self.writes = rdata or wdata, bool(rdata), bool(wdata)
        self.raddr_w = one or (self.pin("raddr", "output") if self.reads else 0)
        self.waddr_w = one or (self.pin("waddr", "output") if self.writes else 0)
        self.one = bool(one)
        self.has = {part: self.pin(part, "output", optional=True) for part in ("en", "re", "we", "strb")}
        if self.writes and not self.has["we"]:
            raise self.value.error(f"ports: {self.name}: memory with wdata needs we")
        if self.width % self.strobes:
            raise self.value.error(
                f"ports: {self.name}: {self.strobes} strobes do not divide words of {self.width} bits"
            )
        self.loads, self.gives = self.reads, self.writes
        self.latency = self.number("latency", 1, 0, 1 << 16)
        self.addr_w = max(self.raddr_w, self.waddr_w)
        self.words = self.number("words", min(1 << self.addr_w, 1 << 16), 1, min(1 << self.addr_w, WORDS))
        self.fields = {"": self.width}
        self.declare("count", 32)
        self.declare("ok")
        self.declare_writes()

    @property
    def lanes(self) -> int:
        return self.strobes

    def take_size(self, owner: SharingPort) -> None:
        assert isinstance(owner, MemoryPort)
        self.words = owner.words

    @property
    def size(self) -> int:
        return self.words

    @property
    def strobes(self) -> int:
        """Parts of a word that are written one by one; 1: whole words."""
        return self.has["strb"] or max(self.has["we"], 1)

    @property
    def loaded(self) -> str:
        return self.wire("ok")

    def state(self) -> Sequence[tuple[str, str]]:
        addresses = [("read_address", self._address("r"))] if self.reads else []
        addresses += [("write_address", self._address("w"))] if self.writes else []
        return [("writes", self.wire("count")), *addresses]

    def _address(self, way: str) -> str:
        return self.wire("addr" if self.one else f"{way}addr")

    def _wide(self, way: str) -> str:
        width = self.raddr_w if way == "r" else self.waddr_w
        gap = self.addr_w - width
        return f"{{{gap}'d0, {self._address(way)}}}" if gap else self._address(way)

    def instance(self) -> str:
        enable = self.wire("en") if self.has["en"] else "1'b1"
        write = f"({enable}) & ({self.wire('we')})" if self.has["we"] == 1 else f"({enable}) & (|{self.wire('we')})"
        pins = self.common_pins() | {
            "re_i": (self.wire("re") if self.has["re"] else enable) if self.reads else "1'b0",
            "raddr_i": self._wide("r") if self.reads else f"{self.addr_w}'d0",
            "rdata_o": self.wire("rdata") if self.reads else "",
            "we_i": write if self.writes else "1'b0",
            "waddr_i": self._wide("w") if self.writes else f"{self.addr_w}'d0",
            "wdata_i": self.wire("wdata") if self.writes else f"{self.width}'d0",
            "strb_i": self.wire("strb" if self.has["strb"] else "we") if self.strobes > 1 else "1'b1",
            "done_o": self.wire("ok"),
            "count_o": self.wire("count"),
            **self.sharing_pins(),
        }
        parameters = {
            "NAME": f'"{self.name}"',
            "ADDR_W": self.addr_w,
            "WIDTH": self.width,
            "PUTS": self.puts,
            "LANES": self.strobes,
            "DEPTH": self.words,
            "LATENCY": self.latency,
        }
        return instance_text("door_memory", self.wire("i"), parameters, pins)
