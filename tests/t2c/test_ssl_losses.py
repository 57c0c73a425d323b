"""Losses without labels: their values by plain loops, and how one of the user's own is found or refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from t2c.common.errors import UserError
from t2c.golden.errors import RangeError, ShapeError
from t2c.ssl_losses import SSL_LOSSES, find_ssl_loss, ssl_loss_of
from t2c.ssl_losses.barlow import OFF_DIAGONAL, BarlowTwins
from t2c.ssl_losses.xd import CrossDistillation


def embeddings(count: int, *, rows: int = 5, width: int = 3) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(rows, width, generator=generator, requires_grad=True) for _ in range(count)]


def value(loss: Any, *given: Tensor) -> float:
    """The loss as a number."""
    return float(loss(*given).detach())


def plain(first: Tensor, second: Tensor, off_diagonal: float) -> float:
    """The loss of Barlow Twins as its paper writes it, number by number."""
    columns = []
    for z in (first, second):
        normal = []
        for column in z.detach().double().T.tolist():
            mean = sum(column) / len(column)
            spread = sum((x - mean) ** 2 for x in column) / len(column)
            normal.append([(x - mean) / (spread + 1e-5) ** 0.5 for x in column])
        columns.append(normal)
    total = 0.0
    for i, a in enumerate(columns[0]):
        for j, b in enumerate(columns[1]):
            c = sum(x * y for x, y in zip(a, b, strict=True)) / len(a)
            total += (1 - c) ** 2 if i == j else off_diagonal * c**2
    return total


def test_barlow_twins_is_the_formula() -> None:
    z1, z2 = embeddings(2)
    for off_diagonal in (0.0, OFF_DIAGONAL, 0.5):
        assert value(BarlowTwins(off_diagonal), z1, z2) == pytest.approx(plain(z1, z2, off_diagonal), rel=1e-5)
    assert OFF_DIAGONAL == 0.0051


def test_cross_distillation_is_the_formula() -> None:
    q1, q2, k1, k2 = embeddings(4)
    wanted = plain(q1, q2, 0.1) + 0.75 * (plain(q1, k1, 0.1) + plain(q2, k2, 0.1))
    assert value(CrossDistillation(gamma=1.5, off_diagonal=0.1), q1, q2, k1, k2) == pytest.approx(wanted, rel=1e-5)
    assert value(CrossDistillation(gamma=0.0), q1, q2, k1, k2) == value(BarlowTwins(), q1, q2)


def test_losses_by_name() -> None:
    assert SSL_LOSSES.names()[:2] == ("barlow", "xd")
    assert not find_ssl_loss("barlow").slims
    assert find_ssl_loss("xd").slims
    with pytest.raises(LookupError, match=r"no loss 'simclr'; there are barlow, xd.* and FILE\.py:NAME"):
        find_ssl_loss("simclr")
    for make in (BarlowTwins, CrossDistillation):
        with pytest.raises(RangeError, match=r"^off_diagonal: -1 is not 0 or more"):
            make(off_diagonal=-1)
    with pytest.raises(RangeError, match=r"^gamma: nan is not 0 or more"):
        CrossDistillation(gamma=float("nan"))


def test_what_makes_a_loss_another_one_is_in_its_identity() -> None:
    losses = [BarlowTwins(), BarlowTwins(0.1), CrossDistillation(), CrossDistillation(2.0), BarlowTwins]
    identities = [ssl_loss_of(loss).identity for loss in losses]
    assert len(set(identities)) == 4
    assert identities[0] == identities[4]


OWN = """
def spread(z1, z2, margin=1.0):
    return (z1 - z2).square().mean() + (margin - z1.std(0)).relu().mean()


class Slim:
    def __call__(self, q1, q2, k1, k2):
        return (q1 - k1).square().mean() + (q2 - k2).square().mean()


def three(a, b, c):
    return a


def named(z1, z2, *, margin):
    return z1


class Broken:
    def __init__(self):
        raise KeyError("nothing")


def fails(z1, z2):
    return z1 @ z2


NUMBER = 3
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.py"
    path.write_text(OWN)
    return path


def test_a_function_or_a_class_from_a_file(own: Path) -> None:
    spread, slim = find_ssl_loss(f"{own}:spread"), find_ssl_loss(f"{own}:Slim")
    assert (spread.slims, slim.slims) == (False, True)
    z1, z2, k1, k2 = embeddings(4)
    assert value(spread, z1, z2) == float(((z1 - z2).square().mean() + (1.0 - z1.std(0)).relu().mean()).detach())
    assert value(slim, z1, z2, k1, k2) > 0
    before = spread.identity
    own.write_text(OWN.replace("margin=1.0", "margin=2.0"))
    assert find_ssl_loss(f"{own}:spread").identity != before


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("three", r"own\.py:three: a loss takes \(z1, z2\) or \(q1, q2, k1, k2\)$"),
        ("named", r"own\.py:named: a loss takes "),
        ("Broken", r"own\.py:Broken: KeyError: 'nothing'$"),
        ("nothing", "the file has no function 'nothing'"),
        ("NUMBER", "the file has no function 'NUMBER'"),
    ],
)
def test_what_is_no_loss_is_refused_in_one_line(name: str, message: str, own: Path) -> None:
    with pytest.raises(UserError, match=message) as caught:
        find_ssl_loss(f"{own}:{name}")
    assert "\n" not in str(caught.value)


def test_an_error_in_the_users_file_names_the_line(own: Path) -> None:
    line = 1 + OWN.splitlines().index("    return z1 @ z2")
    with pytest.raises(UserError, match=rf"own\.py: line {line}: RuntimeError: ") as caught:
        find_ssl_loss(f"{own}:fails")(*embeddings(2))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (lambda z1, z2: 1.0, "the loss is float, not a tensor of one real number"),
        (lambda z1, z2: z1 - z2, r"the loss is \(5, 3\) torch.float32, not a tensor of one real number"),
        (lambda z1, z2: (z1 > z2).sum(), r"the loss is \(\) torch.int64, not"),
        (lambda z1, z2: (z1 - z2).detach().mean(), "the loss has no gradient"),
    ],
)
def test_what_a_loss_gives_is_checked(loss: Callable[..., Any], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        ssl_loss_of(loss)(*embeddings(2))
