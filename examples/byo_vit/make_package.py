"""A package of DeiT-tiny, with weights from a seed or with yours: python make_package.py --out packages/deit_tiny"""

import argparse

import torch
from deit_tiny import VisionTransformer

from t2c import T2C
from t2c.data import scenes


def main():
    parser = argparse.ArgumentParser(description="A package of DeiT-tiny.")
    parser.add_argument("--out", required=True, help="folder of the package")
    parser.add_argument("--weights", help="a state dict of timm's deit_tiny_patch16_224; from a seed without it")
    parser.add_argument("--depth", type=int, default=12, help="blocks (12)")
    parser.add_argument("--size", type=int, default=224, help="height and width of an image (224)")
    parser.add_argument("--images", type=int, default=8, help="images that the observers see (8)")
    options = parser.parse_args()
    torch.manual_seed(7)
    model = VisionTransformer(size=options.size, depth=options.depth).eval()
    if options.weights:
        model.load_state_dict(torch.load(options.weights, weights_only=True))
    images = scenes.load(options.images + 1, size=options.size)
    chip = T2C(model, calibration=images[1:], name="deit_tiny")
    chip.nn2chip(images[:1], directory=options.out)
    print(f"written {options.out}: {chip.agreement.integers:,} integers of torch are golden's")


if __name__ == "__main__":
    main()
