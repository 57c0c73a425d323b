"""Loops over the parts of a tensor: unrolled where the trace knows how many there are, otherwise refused by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from t2c.fusion import NetFuser
from t2c.fusion.tracer import symbolic_trace
from t2c.golden.errors import UnsupportedError

PARTS: dict[str, Callable[[Tensor], Sequence[Tensor]]] = {
    "chunk": lambda x: x.chunk(3, dim=1),
    "chunks by name": lambda x: x.chunk(dim=1, chunks=3),
    "torch.chunk": lambda x: torch.chunk(x, 3, 1),
    "torch.chunk by name": lambda x: torch.chunk(x, chunks=3, dim=1),
    "split": lambda x: x.split([1, 2, 3], dim=1),
    "torch.split": lambda x: torch.split(x, [2, 2, 2], 1),
    "torch.split by name": lambda x: torch.split(x, split_size_or_sections=(4, 2), dim=1),
}


class Parts(nn.Module):
    def __init__(self, parts: Callable[[Tensor], Sequence[Tensor]]) -> None:
        super().__init__()
        self.parts = parts

    def forward(self, x: Tensor) -> Any:
        return torch.cat([part + number for number, part in enumerate(self.parts(x))], dim=1)


@pytest.mark.parametrize("name", PARTS)
def test_a_loop_is_unrolled(name: str) -> None:
    model, x = Parts(PARTS[name]), torch.arange(12.0).reshape(2, 6)
    assert torch.equal(symbolic_trace(model)(x), model(x))


def test_a_loop_of_unknown_length_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedError, match="node 'split': a loop over it, of which the trace does not know how"):
        NetFuser(Parts(lambda x: x.split(2, dim=1)).eval()).fuse(torch.ones(1, 6))
