"""A layer folded: each multiplier does several products of one output, one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from t2c.pipelines.chain import ChainEdge, SumStage
from t2c.pipelines.flow_module import finish, sum_port
from t2c.pipelines.handshake import FoldedHandshake
from t2c.pipelines.logic import Logic, signed
from t2c.pipelines.module import Lane, PipelineModule, lane_values, module_text, packed
from t2c.pipelines.requant_logic import requantised
from t2c.pipelines.sum_module import PRODUCTS, TREE, Tap
from t2c.pipelines.value import LogicValue, Summand, extended, literal, span, width_of

Product = tuple[LogicValue, int]
"""A value that is held, and the weight that it meets."""


def folded_module(
    name: str,
    stage: SumStage,
    lanes: Mapping[Tap, Lane],
    in_bits: int,
    edges: tuple[ChainEdge, ChainEdge],
    live: Sequence[bool],
    logic: Logic,
    reuse: int,
) -> tuple[PipelineModule, list[tuple[int, int]]]:
    """The module and the bounds of each channel of its result; arguments as `sum_module` has them.

    reuse: cycles for a transfer, at least 2. An output of n products other than 0 has ceil(n / reuse) multipliers.
    """
    folded = _Folded(logic, reuse)
    used = {lane for tap, lane in lanes.items() if stage.matrix[(slice(None), *tap)].any()}
    held = folded.hold(lane_values(logic, [lane for lane in lanes.values() if lane in used], "in_data"))
    results = [LogicValue("", 0, 0)] * edges[1].channels
    sums: list[tuple[Summand | None, int]] = [(None, 0)] * edges[1].channels
    for out, weights in enumerate(stage.matrix):
        logic.spare = not live[out]
        offset, products = -edges[0].zero_point * int(weights.sum()), []
        for tap, lane in sorted(lanes.items()):
            weight, value = int(weights[tap]), held.get(lane)
            if not weight or value is None:
                continue
            if value.constant:
                offset += weight * value.lo
            else:
                products.append((value, weight))
        total = Summand(folded.accumulated(products)) if products else None
        sums[out] = total, offset
        results[out] = requantised(logic, total, offset, stage.requant.channel(out))
    port_data, when, port = sum_port(logic, sums)
    last = finish(logic, results, live, when)
    body = [
        "    wire en = ~out_valid | out_ready;",
        *folded.control(last),
        f"    assign out_valid = last[{last}];",
        *logic.lines,
        f"    assign out_data = {packed([logic.at(value, last) for value in results], edges[1].bits)};",
        f"    assign sums_valid = en & last[{when}];",
        f"    assign sums_data = {port_data};",
    ]
    logic.count("register_bits", 2 * last + folded.bits + 1)
    out_bits = edges[1].bits * edges[1].channels
    module = PipelineModule(
        name=name,
        text=module_text(name, f"{stage.name}, {reuse} cycles", in_bits, out_bits, body, port),
        out_bits=out_bits,
        handshake=FoldedHandshake(last, reuse),
        counts=logic.counts,
        sums=port,
    )
    return module, [(value.lo, value.hi) for value in results]


class _Folded:
    """The parts of a folded layer. In cycle `turn` each multiplier has the product of that number."""

    def __init__(self, logic: Logic, reuse: int) -> None:
        self.logic, self.reuse = logic, reuse
        self.bits = (reuse - 1).bit_length()
        self._cases: dict[tuple[str, ...], LogicValue] = {}
        self._sums: dict[tuple[Summand, bool], LogicValue] = {}

    def control(self, last: int) -> list[str]:
        """The turn, and flags that go along with the data: first and last[i] of its products, i registers on."""
        return [
            f"    reg  {span(self.bits)} turn;",
            "    reg  busy;",
            f"    wire ends = turn == {self.reuse - 1};",
            "    wire take = in_valid & in_ready;",
            "    assign in_ready = en & (~busy | ends);",
            f"    reg  {span(last)} firsts, lasts;",
            f"    wire {span(last + 1)} first = {{firsts, busy & (turn == 0)}};",
            f"    wire {span(last + 1)} last = {{lasts, busy & ends}};",
            "    always @(posedge clk) begin",
            "        if (en) begin",
            f"            firsts <= first[{last - 1}:0];",
            f"            lasts <= last[{last - 1}:0];",
            "            if (take) begin",
            "                busy <= 1'b1;",
            "                turn <= 0;",
            "            end else if (busy) begin",
            "                if (ends) busy <= 1'b0;",
            "                turn <= turn + 1;",
            "            end",
            "        end",
            "        if (rst) begin",
            "            busy <= 1'b0;",
            "            turn <= 0;",
            "            firsts <= 0;",
            "            lasts <= 0;",
            "        end",
            "    end",
        ]

    def hold(self, values: Mapping[Lane, LogicValue]) -> dict[Lane, LogicValue]:
        """Registers that keep a transfer while it is worked on."""
        held = {}
        for lane, value in values.items():
            if value.constant:
                held[lane] = value
                continue
            kept = LogicValue(self.logic.name("h"), value.lo, value.hi)
            self.logic.declare(kept)
            self.logic.lines.append(f"    always @(posedge clk) if (take) {kept.name} <= {value.name};")
            if lane.live:
                self.logic.count("register_bits", kept.width)
            held[lane] = kept
        return held

    def accumulated(self, products: Sequence[Product]) -> LogicValue:
        """The sum of products of one output, in a register that is right when their last turn is through."""
        lo = sum(min(value.lo * weight, value.hi * weight) for value, weight in products)
        hi = sum(max(value.lo * weight, value.hi * weight) for value, weight in products)
        logic, width = self.logic, width_of(lo, hi)
        sites = [products[at : at + self.reuse] for at in range(0, len(products), self.reuse)]
        total = logic.total([self._site(site) for site in sites], TREE)
        if (total, logic.spare) in self._sums:
            return self._sums[total, logic.spare]
        time = total.value.time
        part = extended(total.value, width)
        if total.shift:
            part = f"({part} << {total.shift})"
        kept = LogicValue(logic.name("s"), lo, hi, time + 1)
        sign = "-" if total.negative else "+"
        logic.declare(kept)
        before = f"(first[{time}] ? {literal(0, width)} : {kept.name})"
        logic.lines.append(f"    always @(posedge clk) if (en) {kept.name} <= {before} {sign} {part};")
        logic.count("accumulator_bits", width)
        logic.count("register_bits", width)
        self._sums[total, logic.spare] = kept
        return kept

    def _site(self, products: Sequence[Product]) -> Summand:
        """What one multiplier gives in each turn; 0 in a turn without a product."""
        weights = [weight for _, weight in products]
        whole = len(products) == self.reuse
        if self.logic.spare:
            return self._spare_site(products)
        value = self._choice([value for value, _ in products], whole or len(set(weights)) > 1)
        if len(set(weights)) == 1:
            return self.logic.product(value, weights[0], PRODUCTS)
        table = [*weights, *[0] * (self.reuse - len(weights))]
        weight = self.logic.at(self._table(table), 1)
        value = self.logic.at(value, 1)
        corners = [a * b for a in (value.lo, value.hi) for b in (weight.lo, weight.hi)]
        text = f"{signed(value)} * {signed(weight)}"
        takes = {f"{PRODUCTS}_multipliers": 1, f"{PRODUCTS}_multiplier_bits": value.width * weight.width}
        return Summand(self.logic.wire(text, min(corners), max(corners), 1, self.logic.every, takes))

    def _spare_site(self, products: Sequence[Product]) -> Summand:
        """The same without a `*`: every product, and a choice of one."""
        done = [self.logic.offset(self.logic.product(value, weight, PRODUCTS), 0, TREE) for value, weight in products]
        values, _, _ = self.logic.aligned(done)
        time = values[0].time
        lo, hi = min(0, *(value.lo for value in values)), max(0, *(value.hi for value in values))
        turns = f"(turn_{time} == {{}})"
        self._turn(time)
        text = "".join(f"{turns.format(n)} ? {extended(v, width_of(lo, hi))} : " for n, v in enumerate(values))
        return Summand(self.logic.wire(text + literal(0, width_of(lo, hi)), lo, hi, time, 1))

    def _turn(self, time: int) -> None:
        """The turn so many registers later, under a name of its own."""
        for at in range(time + 1):
            line = f"    wire {span(self.bits)} turn_0 = turn;" if at == 0 else f"    reg  {span(self.bits)} turn_{at};"
            if line not in self.logic.lines:
                self.logic.lines.append(line)
                if at:
                    self.logic.lines.append(f"    always @(posedge clk) if (en) turn_{at} <= turn_{at - 1};")

    def _choice(self, values: Sequence[LogicValue], any_rest: bool) -> LogicValue:
        """The value of each turn. any_rest: what comes in turns without one does not matter; else it is 0."""
        lo, hi = min(value.lo for value in values), max(value.hi for value in values)
        if not any_rest:
            lo, hi = min(lo, 0), max(hi, 0)
        width = width_of(lo, hi)
        cases = [extended(value, width) for value in values]
        taken = width * (len(values) - any_rest)
        return self._case(cases, cases[-1] if any_rest else literal(0, width), lo, hi, {"choice_bits": taken})

    def _table(self, numbers: Sequence[int]) -> LogicValue:
        """A number of each turn."""
        lo, hi = min(numbers), max(numbers)
        width = width_of(lo, hi)
        words = [literal(n, width) for n in numbers]
        return self._case(words, words[-1], lo, hi, {"table_bits": width * len(numbers)})

    def _case(self, cases: Sequence[str], rest: str, lo: int, hi: int, takes: Mapping[str, int]) -> LogicValue:
        """What belongs to the turn; made once."""
        key = (*cases, rest)
        if key in self._cases:
            return self._cases[key]
        for what, number in takes.items():
            self.logic.count(what, number)
        value = LogicValue(self.logic.name("m"), lo, hi, 0, 1)
        listed = " ".join(f"{self.bits}'d{turn}: {value.name} = {case};" for turn, case in enumerate(cases))
        self.logic.lines.append(f"    reg  {span(value.width)} {value.name};")
        self.logic.lines.append(f"    always @* case (turn) {listed} default: {value.name} = {rest}; endcase")
        self._cases[key] = value
        return value
