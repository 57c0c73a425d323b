"""ViT-7 as in the paper and the small ViT: sizes, names, and packages whose integers are golden's."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from t2c import make_model
from t2c.example_models.vit import VARIANTS, seeded_vit7
from t2c.golden.graph.package import load_package
from t2c.models.vit import VisionTransformer, ViT2, ViT7
from t2c.models.zoo import build_model
from t2c.nn2chip import T2C


def test_vit7_has_the_papers_parameters() -> None:
    model = build_model("vit7", classes=10)
    assert type(model) is ViT7
    sizes = {name: sum(p.numel() for p in part.parameters()) for name, part in model.named_children()}
    assert sizes == {"patch_embed": 18_816, "blocks": 7 * 888_576, "norm": 768, "head": 3_850}
    assert (model.cls_token.numel(), model.pos_embed.shape) == (384, (1, 65, 384))
    assert sum(parameter.numel() for parameter in model.parameters()) == 6_268_810
    assert model(torch.zeros(1, 3, 32, 32)).shape == (1, 10)


def test_sizes_that_do_not_divide_are_refused() -> None:
    with pytest.raises(ValueError, match="width 30 is no multiple of 4 heads"):
        VisionTransformer(width=30, depth=1, heads=4, patch=4)
    with pytest.raises(ValueError, match="size 32 of patches of 5"):
        VisionTransformer(width=32, depth=1, heads=4, patch=5)


@pytest.mark.slow
def test_vit7_in_integers() -> None:
    """One image, 65 tokens, 7 blocks; the accumulators of all of them fit."""
    images = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(3))
    chip = T2C(seeded_vit7(), calibration=images)
    chip.nn2chip(images[:1], save_model=False)
    assert chip.agreement.integers > 2_000_000
    assert chip.metrics["max_step_error"] < 0.02


@pytest.mark.campaign
@pytest.mark.slow
def test_every_variant_is_made_by_its_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One epoch: the packages are what they say; how good they are is in docs/results.md."""
    names = [variant.name for variant in VARIANTS]
    assert make_model.main(["--out", str(tmp_path), "--models", ",".join(names), "--epochs", "1"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert [row.split()[0] for row in rows[1:]] == names
    for variant in VARIANTS:
        package = load_package(tmp_path / variant.name)
        ops = [node.op for node in package.graph.nodes]
        assert (ops.count("layer_norm"), ops.count("average_pool2d")) == ((0, 5) if variant.running else (5, 0))
        widths = [node.weights.bits for node in package.graph.nodes if node.weights]
        assert widths == [8, *[variant.weight_bits] * 8, 8]
        assert variant.title in package.description
        assert 0.0 <= package.metrics["accuracy_integer"] <= 1.0


def test_the_small_one_has_heads_of_16() -> None:
    model = ViT2()
    assert [block.attn.qkv.out_features // 3 // block.attn.heads for block in model.blocks] == [16, 16]
    assert model(torch.zeros(2, 1, 8, 8)).shape == (2, 10)
