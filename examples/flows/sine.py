"""A task of a user's own: a table of a quarter wave of a sine, for a memory."""

import math
from itertools import pairwise

from t2c.flows.task import Parameter, Task


class SineTable(Task):
    parameters = {
        "bits": Parameter(int, least=2, most=16, meaning="of an entry"),
        "entries": Parameter(int, 64, least=4, most=4096),
    }
    gives = ("table",)
    metrics = {"error": "", "size": ""}

    def run(self, given, bench):
        top = 2**self.bits - 1
        exact = [math.sin((i + 0.5) / self.entries * math.pi / 2) for i in range(self.entries)]
        codes = [round(value * top) for value in exact]
        path = bench.folder / "table.hex"
        path.write_text("".join(f"{code:x}\n" for code in codes))
        step = max(b - a for a, b in pairwise(exact))
        bench.measured("error", step / 2 + 0.5 / top)
        bench.measured("size", self.bits * self.entries)
        return given.put(design={"bits": self.bits, "entries": self.entries}, files={"table": path})
