"""The kinds of ports that a description may name, and what to write where another name was meant."""

from __future__ import annotations

from t2c.common.strict_yaml import Value
from t2c.tb.accelerator.axi_port import Axi4Port, AxiLitePort
from t2c.tb.accelerator.port import DoorPort
from t2c.tb.accelerator.ram_port import MemoryPort, RamPort
from t2c.tb.accelerator.stream_port import ProbePort, StreamPort, WiresPort

KINDS: dict[str, type[DoorPort]] = {
    kind.kind: kind for kind in (StreamPort, WiresPort, RamPort, MemoryPort, Axi4Port, AxiLitePort, ProbePort)
}
ELSEWHERE = {
    ("axis", "axi_stream", "axi4_stream", "axistream", "fifo", "avalon_st"): "say stream, with valid, ready and data",
    (
        "axi",
        "axi_full",
        "aximm",
        "axi4_master",
        "m_axi",
    ): "say axi4, if the module is the master; axi_lite for registers",
    ("axil", "axi4lite", "axi4_lite", "axilite", "s_axi", "registers"): "say axi_lite",
    ("bram", "sram", "mem"): "say ram, if the memory is inside the module, or memory, if it is outside",
    ("wire", "bus", "pins", "parallel"): "say wires",
    (
        *("apb", "ahb", "ahb_lite", "wishbone", "wb", "avalon", "avalon_mm", "obi", "tilelink", "tl_ul", "ocp", "rocc"),
        *("axi_slave", "axi4_slave", "hci", "spi", "i2c", "uart"),
    ): "wrap the module, with a bridge to AXI4-Lite, or with the memory and the pins behind that bus as ports",
}
"""Names of kinds elsewhere, and what to write instead."""


def kind_of(value: Value) -> type[DoorPort]:
    """The kind of a port; what is called otherwise elsewhere is told how it is called here.

    Raises:
        YamlError: there is no such kind.
    """
    text = value.text()
    if text not in KINDS:
        hints = [hint for names, hint in ELSEWHERE.items() if text.lower().replace("-", "_") in names]
        hint = f": {hints[0]}" if hints else ""
        raise value.error(f"kind: {text!r} is not one of {', '.join(KINDS)}{hint}")
    return KINDS[text]
