"""Pruners: every mask beside one that is found with plain loops and sorted lists."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch import Tensor, nn

from t2c.golden.errors import RangeError, ShapeError
from t2c.pruners import PRUNERS, Prunable, Pruner, find_pruner
from t2c.pruners.base import checked_mask
from t2c.pruners.granet import GraNet, density_by_erk
from t2c.pruners.keep import Keep
from t2c.pruners.magnitude import Magnitude
from t2c.pruners.n_m import NM

SHAPES = ((6, 4, 3, 3), (5, 8), (3, 12, 1, 1))


def layer(shape: tuple[int, ...], seed: int = 0) -> Prunable:
    """Weights with ties, as rounding gives them, and their gradient."""
    random = torch.Generator().manual_seed(seed)
    weight = nn.Parameter((torch.randn(shape, generator=random) * 4).round() / 4)
    return Prunable(
        name=f"layer{seed}",
        weight=weight,
        mask=torch.ones(shape, dtype=torch.bool),
        gradient=torch.randn(shape, generator=random),
    )


def prune(one: Prunable, mask: Tensor) -> None:
    one.mask = mask
    with torch.no_grad():
        one.weight.masked_fill_(~mask, 0.0)


def first_of_the_largest(values: list[float], count: int) -> set[int]:
    return set(sorted(range(len(values)), key=lambda i: (-values[i], i))[:count])


@pytest.mark.parametrize("shape", SHAPES)
def test_magnitude_is_the_largest_of_a_sorted_list_and_nothing_comes_back(shape: tuple[int, ...]) -> None:
    one, pruner = layer(shape), Magnitude(0.9)
    for sparsity in (0.0, 0.3, 0.8, 0.9):
        values = [abs(float(w)) for w in one.weight.detach().flatten()]
        alive = one.mask.flatten().tolist()
        wanted = first_of_the_largest(
            [value if there else -1.0 for value, there in zip(values, alive, strict=True)],
            len(values) - round(sparsity * len(values)),
        )
        before = one.mask
        prune(one, pruner.mask(one, sparsity))
        assert set(one.mask.flatten().nonzero().flatten().tolist()) == wanted
        assert not bool((one.mask & ~before).any())


@pytest.mark.parametrize(("n", "m"), [(2, 4), (1, 4), (1, 2), (3, 4)])
@pytest.mark.parametrize("shape", SHAPES)
def test_n_m_keeps_the_n_largest_of_every_m_input_channels_at_each_tap(n: int, m: int, shape: tuple[int, ...]) -> None:
    one = layer(shape)
    mask = NM(n, m).mask(one, 0.5)
    weight, wanted = one.weight.detach(), torch.zeros(shape, dtype=torch.bool)
    for out, tap in itertools.product(range(shape[0]), itertools.product(*map(range, shape[2:]))):
        for start in range(0, shape[1], m):
            group = [abs(float(weight[(out, start + k, *tap)])) for k in range(m)]
            for k in first_of_the_largest(group, n):
                wanted[(out, start + k, *tap)] = True
    assert torch.equal(mask, wanted)
    assert int(mask.sum()) * m == mask.numel() * n


def test_the_gradient_of_sr_ste_pulls_masked_weights_to_zero_and_no_others() -> None:
    one, pruner = layer((4, 8)), NM(2, 4, decay=0.5)
    one.mask = pruner.mask(one, 0.5)
    assert one.gradient is not None
    wanted = torch.where(one.mask, one.gradient, one.gradient + 0.5 * one.weight.detach())
    assert torch.equal(pruner.gradient(one, one.gradient), wanted)
    assert NM(2, 4).decay == 2e-4
    assert torch.equal(Magnitude().gradient(one, one.gradient), one.gradient * one.mask)


@pytest.mark.parametrize("progress", [0.0, 0.4, 1.0])
def test_granet_prunes_over_all_layers_then_swaps_in_each(progress: float) -> None:
    layers, pruner = [layer(shape, seed) for seed, shape in enumerate(SHAPES)], GraNet(0.8)
    for one, mask in zip(layers, pruner.begin(layers), strict=True):
        prune(one, mask)
    sizes = [one.weight.numel() for one in layers]
    flat = [
        abs(float(w)) if alive else -1.0
        for one in layers
        for w, alive in zip(one.weight.detach().flatten(), one.mask.flatten().tolist(), strict=True)
    ]
    kept = first_of_the_largest(flat, round(0.3 * sum(sizes)))
    got = pruner.masks(layers, 0.7, progress)
    start = 0
    for one, size, mask in zip(layers, sizes, got, strict=True):
        mine = {i - start for i in kept if start <= i < start + size}
        moved = round((0.005 + 0.495 * 0.5 * (1 + math.cos(math.pi * progress))) * len(mine))
        values = [flat[start + i] if i in mine else -1.0 for i in range(size)]
        left = first_of_the_largest(values, len(mine) - moved)
        assert one.gradient is not None
        gradient = [abs(float(g)) for g in one.gradient.flatten()]
        come = first_of_the_largest([-1.0 if i in left else gradient[i] for i in range(size)], moved)
        assert set(mask.flatten().nonzero().flatten().tolist()) == left | come
        start += size
    assert sum(int(mask.sum()) for mask in got) == round(0.3 * sum(sizes))


def test_granet_without_gradients_only_prunes() -> None:
    layers, pruner = [layer(shape, seed) for seed, shape in enumerate(SHAPES)], GraNet(0.8)
    for one in layers:
        one.gradient = None
    before = [one.mask for one in layers]
    after = pruner.masks(layers, 0.8, 0.0)
    assert sum(int(mask.sum()) for mask in after) == round(0.2 * sum(mask.numel() for mask in before))


def test_erk_gives_small_layers_more_and_keeps_the_sum() -> None:
    """(O + I + h + w) / (O I h w), in fractions of one another where none is full."""
    shapes = [(16, 16, 3, 3), (32, 16, 3, 3), (64, 64, 3, 3), (10, 64)]
    sizes = [math.prod(shape) for shape in shapes]
    for density in (0.05, 0.5, 0.99, 1.0):
        found = density_by_erk(shapes, density)
        assert sum(d * n for d, n in zip(found, sizes, strict=True)) == pytest.approx(density * sum(sizes))
        assert all(0.0 <= d <= 1.0 for d in found)
    low = density_by_erk(shapes, 0.05)
    raw = [sum(shape) / size for shape, size in zip(shapes, sizes, strict=True)]
    assert max(low) < 1.0
    assert [d / low[0] for d in low] == pytest.approx([r / raw[0] for r in raw])


def test_the_schedule_is_cubic_and_ends_at_the_sparsity() -> None:
    pruner = Magnitude(0.8, first=0.2, start=0.25, end=0.75, updates=4)
    steps = pruner.update_steps(80)
    assert list(steps) == [20, 30, 40, 50, 60]
    assert [pruner.sparsity_at(p) for p in steps.values()] == pytest.approx(
        [0.2, 0.8 - 0.6 * 27 / 64, 0.8 - 0.6 / 8, 0.8 - 0.6 / 64, 0.8]
    )
    assert pruner.update_steps(0) == {0: 1.0}


def test_names_and_what_they_refuse() -> None:
    assert PRUNERS.names()[:6] == ("1:4", "2:4", "channel", "granet", "keep", "magnitude")
    assert isinstance(find_pruner("keep"), Keep)
    made = find_pruner("3:8")
    assert isinstance(made, NM)
    assert (made.n, made.m, made.sparsity) == (3, 8, 0.625)
    assert find_pruner("granet", 0.3).first == 0.3
    for name, sparsity, kind, message in (
        ("nope", None, LookupError, "no pruner 'nope'; there are 1:4, 2:4, channel, granet"),
        ("4:4", None, RangeError, "4:4: N is not in 1..M - 1"),
        ("0:4", None, RangeError, "0:4: N is not"),
        ("2:4", 0.6, RangeError, "sparsity: 2:4 has 0.5, not 0.6"),
        ("magnitude", 1.0, RangeError, "sparsity: 1.0 is not in 0..1"),
        ("granet", -0.1, RangeError, "sparsity: -0.1 is not in 0..1"),
        ("keep", 0.5, RangeError, "sparsity: keep holds"),
    ):
        with pytest.raises(kind, match=message):
            find_pruner(name, sparsity)
    for options in ({"first": 0.9}, {"start": 0.8}, {"end": 1.5}, {"updates": 0}):
        with pytest.raises(RangeError, match=next(iter(options))):
            Magnitude(0.5, **options)
    with pytest.raises(ShapeError, match=r"'layer0': 12 input channels .* multiple of the 8 of 2:8"):
        NM(2, 8).check(layer((3, 12, 1, 1)))


@pytest.mark.parametrize(
    ("mask", "got"),
    [
        (torch.ones(4, 7, dtype=torch.bool), r"\(4, 7\) bool"),
        (torch.ones(4, 8), r"\(4, 8\) float32"),
        (None, "NoneType"),
    ],
)
def test_a_mask_of_the_wrong_shape_or_type_names_pruner_and_layer(mask: object, got: str) -> None:
    with pytest.raises(ShapeError, match=rf"Keep: the mask of layer 'layer0' is {got}, not \(4, 8\) bool"):
        checked_mask(Keep(), layer((4, 8)), mask)


def test_a_pruner_without_a_method_says_so() -> None:
    with pytest.raises(NotImplementedError, match="Pruner overrides neither mask nor masks"):
        Pruner().masks([layer((4, 8))], 0.5, 0.0)
