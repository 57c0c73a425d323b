"""The files of a layer run: ROM images, stimulus, descriptors, expected outputs, and job.json for the bench."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict
from pathlib import Path

import numpy as np

from golden.formats import IntArray
from mapping.descriptor import Descriptor
from mapping.images import write_activations, write_constants, write_descriptors
from mapping.layer import LayerProgram
from tb.errors import UserError
from tb.layer_request import LayerRequest
from tb.stalls import parse_stalls

HARNESS_WORDS = 1 << 18
"""STIM_DEPTH and CAP_DEPTH of tb/hdl/layer_harness.v."""
DESCRIPTOR_DEPTH = 1 << 10
"""DESC_DEPTH of tb/hdl/layer_harness.v."""


def write_files(
    program: LayerProgram, request: LayerRequest, inputs: IntArray, expected: IntArray, folder: Path
) -> dict[str, Path]:
    """Write every file that the simulation and the bench read.

    Args:
        program: the layer on the engine.
        request: what to run.
        inputs, expected: the layer's input and golden's output, (N, ...) for request.images images.
        folder: where.

    Returns:
        The files by the plusarg under which the simulation takes them.

    Raises:
        UserError: more images than the harness holds, or an unknown stall profile.
    """
    stall_in, stall_out = parse_stalls(request.stall)
    plusargs = write_constants(program, folder)
    plusargs |= {name: folder / f"{name}.hex" for name in ("stimulus", "descriptors", "capture")}
    words = write_activations(program, inputs, plusargs["stimulus"])
    if max(words, program.order.words(request.images)) > HARNESS_WORDS:
        raise UserError(f"IMAGES = {request.images}: the harness holds {HARNESS_WORDS} words; take fewer images")
    descriptors: list[Descriptor] = []
    batches = []
    first = 0
    for images in program.batches(request.images):
        runs = program.descriptors(images)
        load_words = words // request.images * images
        batches.append(
            {
                "first_image": first,
                "images": images,
                "load_words": load_words,
                "first_descriptor": len(descriptors),
                "descriptors": len(runs),
                "last_words": program.last_words(images),
                "cycle_limit": _cycle_limit(program, images, load_words),
            }
        )
        descriptors += runs
        first += images
    if len(descriptors) > DESCRIPTOR_DEPTH:
        raise UserError(
            f"IMAGES = {request.images}: {len(descriptors)} descriptors, the harness holds {DESCRIPTOR_DEPTH}"
        )
    write_descriptors(descriptors, plusargs["descriptors"])
    np.save(folder / "expected.npy", expected)
    job = {
        "layer": request.layer,
        "order": asdict(program.order),
        "nonce": secrets.token_hex(8),
        "rows": program.hardware.rows,
        "x_w": program.hardware.x_w,
        "signed": program.target.signed,
        "stall_in": asdict(stall_in),
        "stall_out": asdict(stall_out),
        "seed": request.seed,
        "batches": batches,
        "expected": str(folder / "expected.npy"),
        "capture": str(plusargs["capture"]),
        "verdict": str(folder / "verdict.json"),
    }
    (folder / "job.json").write_text(json.dumps(job, indent=1) + "\n")
    return plusargs


def _cycle_limit(program: LayerProgram, images: int, words: int) -> int:
    """Cycles after which a batch counts as stuck: twice what the worst profile (one cycle in ten is free) takes."""
    return 20 * (program.ideal_cycles(images) + words + program.order.words(images)) + 5000
