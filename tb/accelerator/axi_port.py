"""AXI4 to a memory of ours, whose master the module is; AXI4-Lite to the module, whose master we are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from t2c.common.strict_yaml import Value
from t2c.tb.accelerator.port import DoorPort, instance_text
from t2c.tb.accelerator.ram_port import WORDS
from t2c.tb.accelerator.shared_memory import SharingPort

_FROM = "output"
_TO = "input"


class AxiPort(DoorPort):
    """Signals by a prefix (`m_axi_` finds m_axi_awaddr or m_axi_AWADDR), or each by its name under `signals`."""

    needed: ClassVar[tuple[str, ...]] = ()
    other_side: ClassVar[str] = ""
    signals: ClassVar[dict[str, str]] = {}

    def find(self) -> None:
        """Connect every signal that is there; `widths` has those of all others as 0."""
        prefix = str(self.entries["prefix"].scalar()) if "prefix" in self.entries else None
        named = self.entries["signals"].only(*self.signals) if "signals" in self.entries else {}
        if prefix is None and not named:
            raise self.value.error(f"ports: {self.name}: {self.kind} needs prefix or signals")
        lower = {theirs.lower(): theirs for theirs in self.module.ports}
        self.widths: dict[str, int] = {}
        for signal, direction in self.signals.items():
            value: Value | None = named.get(signal)
            theirs = value.text() if value else lower.get(f"{prefix}{signal}".lower()) if prefix is not None else None
            if theirs is None:
                self.widths[signal] = 0
                continue
            place = value or self.entries["prefix"]
            there = self.module.ports.get(theirs)
            if there and there.direction != direction:
                raise place.error(
                    f"{place.name}: {self.module.name}'s {theirs!r} is an {there.direction}; {self.other_side}"
                )
            self.widths[signal] = self.connect(place, theirs, direction, self.wire(signal))
            self.declare(signal, self.widths[signal])

    def want(self, *signals: str) -> None:
        """Refuse a port that lacks one of these."""
        for signal in signals:
            if not self.widths[signal]:
                raise self.value.error(f"ports: {self.name}: {self.kind} needs {signal}; no port of that name is there")

    def one(self, first: str, second: str) -> int:
        """The width that two signals share, if both are there."""
        a, b = self.widths[first], self.widths[second]
        if a and b and a != b:
            raise self.value.error(f"ports: {self.name}: {first} has {a} bits, {second} has {b}")
        return a or b

    def to_us(self, signal: str, width: int, usual: str = "") -> str:
        """Verilog of one of their outputs, widened to what we take."""
        found = self.widths[signal]
        if not found:
            return usual or f"{width}'d0"
        gap = width - found
        if gap < 0:
            return f"{self.wire(signal)}[{width - 1}:0]"
        return f"{{{gap}'d0, {self.wire(signal)}}}" if gap else self.wire(signal)

    def to_them(self, signal: str) -> str:
        return self.wire(signal) if self.widths[signal] else ""

    def common(self) -> dict[str, str]:
        """Pins of every driver of ours."""
        return self.common_pins() | {
            "profile_i": self.wire("profile"),
            "blocked_i": self.wire("blocked"),
            "seed_i": self.wire("seed"),
        }


class Axi4Port(AxiPort, SharingPort):
    """Memory of `bytes` bytes from `base` on; `latency` cycles to an answer, `gap` cycles between words of a burst."""

    kind: ClassVar[str] = "axi4"
    other_side = (
        "axi4 is a memory of ours, whose master the module is: where it is a slave, say axi_lite, or wrap it with the "
        "memory behind as a port of kind ram"
    )
    keys: ClassVar[tuple[str, ...]] = ("prefix", "signals", "base", "bytes", "latency", "gap", "shares")
    addressed: ClassVar[bool] = True
    signals: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("awid", "awaddr", "awlen", "awsize", "awburst", "awvalid"), _FROM),
        **{"awready": _TO, "wdata": _FROM, "wstrb": _FROM, "wlast": _FROM, "wvalid": _FROM, "wready": _TO},
        **{"bid": _TO, "bresp": _TO, "bvalid": _TO, "bready": _FROM},
        **dict.fromkeys(("arid", "araddr", "arlen", "arsize", "arburst", "arvalid"), _FROM),
        **{"arready": _TO, "rid": _TO, "rdata": _TO, "rresp": _TO, "rlast": _TO, "rvalid": _TO, "rready": _FROM},
    }

    def read(self) -> None:
        self.find()
        self.reads, self.writes = bool(self.widths["arvalid"]), bool(self.widths["awvalid"])
        if not (self.reads or self.writes):
            raise self.value.error(f"ports: {self.name}: axi4 needs arvalid or awvalid; no port of that name is there")
        if self.reads:
            self.want("araddr", "arready", "rdata", "rvalid", "rready")
        if self.writes:
            self.want("awaddr", "awready", "wdata", "wvalid", "wready", "bvalid", "bready")
        self.width = self.one("rdata", "wdata")
        if self.width not in (8, 16, 32, 64, 128, 256, 512, 1024):
            raise self.value.error(f"ports: {self.name}: data of {self.width} bits; AXI4 has 8, 16, 32 .. 1024")
        if self.widths["wstrb"] not in (0, self.width // 8):
            raise self.value.error(
                f"ports: {self.name}: wstrb has {self.widths['wstrb']} bits for {self.width} of data"
            )
        self.addr_w = max(self.widths["araddr"], self.widths["awaddr"])
        self.id_w = max(self.one("awid", "bid"), self.one("arid", "rid"), 1)
        lanes = self.width // 8
        self.first = self.number("base", 0, 0, (1 << min(self.addr_w, 63)) - 1)
        self.bytes = self.number("bytes", 1 << min(self.addr_w, 16), lanes, min(1 << self.addr_w, WORDS * lanes))
        if self.first % lanes or self.bytes % lanes:
            raise self.value.error(f"ports: {self.name}: base and bytes are whole words of {lanes} bytes")
        self._check_reach()
        self.latency, self.gap = self.number("latency", 4, 0, 1 << 16), self.number("gap", 0, 0, 1 << 16)
        self.loads, self.gives = True, self.writes
        self.fields = {"": 8}
        for part, width in (("count", 32), ("ok", 1), ("idle", 1)):
            self.declare(part, width)
        self.declare_writes()

    def _check_reach(self) -> None:
        if self.first + self.bytes > 1 << self.addr_w:
            raise self.value.error(
                f"ports: {self.name}: base + bytes = 0x{self.first + self.bytes:x} is beyond {self.addr_w} address bits"
            )

    @property
    def lanes(self) -> int:
        return self.width // 8

    def take_size(self, owner: SharingPort) -> None:
        assert isinstance(owner, Axi4Port)
        self.first, self.bytes = owner.first, owner.bytes
        self._check_reach()

    @property
    def size(self) -> int:
        return self.bytes

    @property
    def base(self) -> int:
        return self.first

    @property
    def loaded(self) -> str:
        return self.wire("ok")

    @property
    def done(self) -> str:
        return self.wire("idle")

    def state(self) -> Sequence[tuple[str, str]]:
        there = [name for name in ("arvalid", "arready", "rvalid", "rready") if self.widths[name]]
        there += [n for n in ("awvalid", "awready", "wvalid", "wready", "bvalid", "bready") if self.widths[n]]
        return [("words", self.wire("count")), *((name, self.wire(name)) for name in there)]

    def instance(self) -> str:
        size = f"3'd{(self.width // 8).bit_length() - 1}"
        pins = self.common()
        for way in ("aw", "ar"):
            pins |= {
                f"{way}id_i": self.to_us(f"{way}id", self.id_w),
                f"{way}addr_i": self.to_us(f"{way}addr", self.addr_w),
                f"{way}len_i": self.to_us(f"{way}len", 8),
                f"{way}size_i": self.to_us(f"{way}size", 3, size),
                f"{way}burst_i": self.to_us(f"{way}burst", 2, "2'b01"),
                f"{way}valid_i": self.to_us(f"{way}valid", 1),
                f"{way}ready_o": self.to_them(f"{way}ready"),
            }
        strobes = self.width // 8
        pins |= {
            "wdata_i": self.to_us("wdata", self.width),
            "wstrb_i": self.to_us("wstrb", strobes, f"{{{strobes}{{1'b1}}}}"),
            "wlast_i": self.to_us("wlast", 1, "1'b1"),
            "wvalid_i": self.to_us("wvalid", 1),
            "wready_o": self.to_them("wready"),
            "bready_i": self.to_us("bready", 1),
            "rready_i": self.to_us("rready", 1),
            **{f"{name}_o": self.to_them(name) for name in ("bresp", "bvalid", "rdata", "rresp", "rlast", "rvalid")},
            **{f"{name}_o": self.to_them(name) for name in ("bid", "rid")},
            "done_o": self.wire("ok"),
            "idle_o": self.wire("idle"),
            "count_o": self.wire("count"),
        }
        parameters = {
            "NAME": f'"{self.name}"',
            "ADDR_W": self.addr_w,
            "DATA_W": self.width,
            "ID_W": self.id_w,
            "BASE": f"64'd{self.first}",
            "BYTES": self.bytes,
            "LATENCY": self.latency,
            "GAP": self.gap,
            "PUTS": self.puts,
        }
        pins |= self.sharing_pins()
        return instance_text("door_axi4", self.wire("i"), parameters, pins)


class AxiLitePort(AxiPort):
    """Registers of the module that steps write and poll."""

    kind: ClassVar[str] = "axi_lite"
    other_side = "axi_lite is for registers of the module: where it is the master, say axi4"
    keys: ClassVar[tuple[str, ...]] = ("prefix", "signals")
    signals: ClassVar[dict[str, str]] = {
        **{"awaddr": _TO, "awvalid": _TO, "awready": _FROM, "awprot": _TO, "awcache": _TO},
        **{"wdata": _TO, "wstrb": _TO, "wvalid": _TO, "wready": _FROM},
        **{"bresp": _FROM, "bvalid": _FROM, "bready": _TO},
        **{"araddr": _TO, "arvalid": _TO, "arready": _FROM, "arprot": _TO, "arcache": _TO},
        **{"rdata": _FROM, "rresp": _FROM, "rvalid": _FROM, "rready": _TO},
    }

    def read(self) -> None:
        self.find()
        self.want("awaddr", "awvalid", "awready", "wdata", "wvalid", "wready", "bvalid", "bready")
        self.want("araddr", "arvalid", "arready", "rdata", "rvalid", "rready")
        self.width, self.addr_w = self.one("rdata", "wdata"), self.one("awaddr", "araddr")
        if self.width not in (32, 64):
            raise self.value.error(f"ports: {self.name}: data of {self.width} bits; AXI4-Lite has 32 or 64")
        self.declare("count", 32)
        self.declare("did")
        self.declare("got", self.width)
        self.declare("resp", 2)
        for part, width in (("go", 1), ("write", 1), ("addr", self.addr_w), ("data", self.width)):
            self.declare(part, width, variable=True)

    def state(self) -> Sequence[tuple[str, str]]:
        names = ("awvalid", "awready", "wvalid", "wready", "bvalid", "arvalid", "arready", "rvalid")
        return [("accesses", self.wire("count")), *((name, self.wire(name)) for name in names)]

    def instance(self) -> str:
        unused = [name for name in ("awprot", "awcache", "arprot", "arcache") if self.widths[name]]
        text = "".join(f"    assign {self.wire(name)} = {self.widths[name]}'d0;\n" for name in unused)
        pins = self.common() | {
            "go_i": self.wire("go"),
            "write_i": self.wire("write"),
            "addr_i": self.wire("addr"),
            "data_i": self.wire("data"),
            "done_o": self.wire("did"),
            "rdata_o": self.wire("got"),
            "resp_o": self.wire("resp"),
            "count_o": self.wire("count"),
            "bresp_i": self.to_us("bresp", 2),
            "rresp_i": self.to_us("rresp", 2),
            "rdata_i": self.wire("rdata"),
        }
        pins |= {f"{n}_i": self.wire(n) for n in ("awready", "wready", "bvalid", "arready", "rvalid")}
        outward = ("awaddr", "awvalid", "wdata", "wstrb", "wvalid", "bready", "araddr", "arvalid", "rready")
        pins |= {f"{name}_o": self.to_them(name) for name in outward}
        parameters = {"NAME": f'"{self.name}"', "ADDR_W": self.addr_w, "DATA_W": self.width}
        return text + instance_text("door_axil", self.wire("i"), parameters, pins)
