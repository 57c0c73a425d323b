"""What a cost looks like on a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from t2c.common.text_table import aligned
from t2c.cost.estimate import Estimate
from t2c.cost.place_and_route import Routed
from t2c.cost.synthesis import Cost


def cost_lines(cost: Cost) -> Iterator[str]:
    """The whole, then a line a module."""
    values = ", ".join(f"{name} {value}" for name, value in cost.design.parameters.items())
    yield f"design    {cost.design.top}: {values or 'its own parameters'}"
    yield f"family    {cost.family.name}: {cost.family.meaning}"
    blocks = (
        f"multipliers {cost.blocks.multipliers}, memories {cost.blocks.memories} of {cost.blocks.memory_bits:,} bits"
    )
    yield f"blocks    {blocks}: all there after optimisation"
    yield ""
    columns = list(cost.family.counts)
    rows = [["module", "of it", *columns]]
    rows.append([f"{cost.design.top}, whole", "", *(f"{count:,}" for count in cost.counts.values())])
    if cost.tree and cost.tree.below:
        for depth, module in cost.tree.rows():
            counts = cost.family.count(module.cells).values()
            if not any(counts):
                continue
            times = f"x {module.instances}" if module.instances > 1 else ""
            rows.append([f"{'  ' * (depth + 1)}{module.module}", times, *(f"{count:,}" for count in counts)])
    yield from aligned(rows, right=range(2, len(rows[0])))
    if cost.tree and cost.tree.below:
        yield "modules: one instance each with all below it, mapped for itself; the whole is optimised across them"


def routed_lines(routed: Routed) -> Iterator[str]:
    """Clock, slowest path, use of the device."""
    seeds = ", ".join(f"{mhz:.1f}" for mhz in routed.mhz.values())
    several = f", median of {len(routed.mhz)} seeds: {seeds}" if len(routed.mhz) > 1 else ""
    where = f"{routed.device.name}, speed {routed.speed}, {'with pins' if routed.pins else 'out of context'}"
    yield f"clock     {routed.median_mhz:.1f} MHz on {where}{several}"
    path = routed.path
    begin, end = path.ends
    parts = f"{path.logic_ns:.1f} in {path.levels} cells, {path.routing_ns:.1f} in wires"
    yield f"slowest   {begin} to {end}: {path.ns:.1f} ns, {parts}"
    yield f"          through {' '.join(path.lines) or 'no line of the sources'}"
    yield from (f"          {leg.ns:6.2f} ns  {leg.signal}" for leg in path.legs)
    used = (f"{name} {used:,} of {there:,} ({100 * used / there:.0f} %)" for name, (used, there) in routed.used.items())
    yield f"device    {', '.join(used)}"


def estimate_lines(estimate: Estimate, macs_of_array: int, mhz: float | None) -> Iterator[str]:
    """What the network takes. macs_of_array: multipliers of the array; mhz: the clock, if it is known."""
    share = estimate.macs / (estimate.cycles * macs_of_array)
    multiplications = f"{estimate.macs:,} multiplications ({100 * share:.0f} % of the array's)"
    yield f"image     {estimate.cycles:,} cycles, {multiplications}"
    if mhz is not None:
        yield f"          {estimate.images_per_second(mhz):,.0f} images a second at {mhz:.1f} MHz"
    memories = ", ".join(f"{name} {bits / 8192:,.1f}" for name, bits in estimate.bits.items())
    yield f"memory    {estimate.kibibytes:,.1f} KiB: {memories}"
