"""The files of a folder on the executable model of the core: it ends, and gives the expected words, in time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from t2c.contract.hardware import Hardware
from t2c.contract.registers import Register, Status
from t2c.core_model.host import QueueHost
from t2c.core_model.model import CoreModel
from t2c.golden.graph.package import Package, load_package
from t2c.mapping.compiler import ALL, compile_program
from t2c.rom_folder.folder import Request, write_folder
from t2c.rom_folder.manifest import RomFolder
from t2c.tb.random_models.networks import random_network
from tests.core_net import core_package
from tests.view_nets import embedding_package


def words_of(folder: RomFolder, name: str) -> list[dict[str, int]]:
    """The words of an image, by field."""
    entry = folder.image(name)
    text = (folder.path / entry["files"]["hex"]).read_text().split()
    return [{f["name"]: int(word, 16) >> f["lsb"] & ((1 << f["bits"]) - 1) for f in entry["fields"]} for word in text]


def memory(folder: RomFolder, name: str, dtype: type) -> Any:
    """Contents of a memory of the core: (words, lanes); None where the program brings it."""
    there = {image["name"]: image["lanes"] for image in folder.record["images"]}
    return folder.values(name).reshape(-1, there[name]).astype(dtype) if name in there else None


def same_lanes(found: int, wanted: int, mask: int, width: int) -> bool:
    return all(found >> width * k & 255 == wanted >> width * k & 255 for k in range(mask.bit_length()) if mask >> k & 1)


def hold_to_the_model(package: Package, hardware: Hardware, out: Path) -> RomFolder:
    """Write a folder of two samples, read it, run it, compare every word."""
    written = write_folder(package, Request(hardware=hardware, images=2), out)
    assert written.refused is None
    folder = RomFolder.open(out)
    record = folder.record
    core = Hardware(**{name.lower(): value for name, value in record["core"]["parameters"].items()})
    model = CoreModel(
        core,
        folder.values("core_program"),
        weights=memory(folder, "core_weights", np.int64),
        params=memory(folder, "core_params", np.uint64),
    )
    stimulus = words_of(folder, "vectors_input")
    host = QueueHost([w["tdata"] for w in stimulus], core, [bool(w["tlast"]) for w in stimulus])
    results, cycles = [], []
    for _ in range(record["vectors"]["runs"]):
        results += [step.results for step in model.steps(host) if step.results is not None]
        assert model.read(Register.STATUS) == Status.DONE
        cycles.append(model.cycles)
    assert host.left == 0
    assert cycles == 2 * [record["core"]["cycles"]]
    outputs = words_of(folder, "vectors_output")
    assert len(host.received) == len(outputs)
    for found, word in zip(host.received, outputs, strict=True):
        assert same_lanes(found, word["tdata"], word["lanes"], core.x_w)
    expected = words_of(folder, "vectors_results")
    address, group = (np.concatenate([getattr(r, name) for r in results]).tolist() for name in ("address", "group"))
    banks = (1 << core.cols) - 1
    assert [word["address"] for word in expected] == address
    assert [word["banks"] for word in expected] == [banks << core.cols * g for g in group]
    for values, word in zip(np.concatenate([r.values for r in results]).tolist(), expected, strict=True):
        found = sum(value << core.x_w * k for k, value in enumerate(values))
        assert same_lanes(found, word["data"], word["lanes"], core.x_w)
    return folder


@pytest.mark.parametrize("size", [{"rows": 8, "cols": 8}, {"rows": 4, "cols": 2, "act_depth": 300}], ids=str)
def test_digits(size: dict[str, int], examples: Path, tmp_path: Path) -> None:
    folder = hold_to_the_model(load_package(examples / "digits_w4a4"), Hardware(**size), tmp_path / "out")
    lanes = [word["lanes"] for name in ("output", "results") for word in words_of(folder, f"vectors_{name}")]
    assert sum(lanes) > 0


@pytest.mark.parametrize("depth", [1 << 10, 64])
def test_constant_operands(depth: int, tmp_path: Path) -> None:
    """Whole, and in strips: they pass s_axis in every run."""
    folder = hold_to_the_model(embedding_package(), Hardware(rows=4, cols=4, act_depth=depth), tmp_path / "out")
    contents = [transfer["content"] for transfer in folder.record["transfers"]]
    assert contents.count("tokens.constant") == 1
    assert contents.count("stream.constant") >= 1 + (depth == 64)


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_random_networks_cores_and_memories(seed: int, tmp_path: Path) -> None:
    """Tensors that visit the host, constants by the program, sums over several runs, odd shapes of the array."""
    rng = np.random.default_rng(seed)
    cols = int(rng.integers(1, 5))
    package = core_package(seed, samples=2) if seed % 2 else random_network(seed)
    widths = package.graph.widths
    hardware = Hardware(
        rows=max(cols * int(rng.integers(1, 4)), 2),
        cols=cols,
        acc_w=widths.acc,
        scale_w=widths.scale,
        bias_w=widths.bias,
        act_depth=int(rng.choice([4096, int(rng.integers(100, 500))])),
        wgt_depth=int(rng.choice([1 << 12, int(rng.integers(200, 500))])),
        par_depth=int(rng.choice([1 << 8, int(rng.integers(12, 20))])),
    )
    try:
        compile_program(package.graph, ALL, hardware)
    except NotImplementedError:
        with pytest.raises(NotImplementedError, match=r"^layer .* would fit$"):
            hold_to_the_model(package, hardware, tmp_path / "out")
        return
    hold_to_the_model(package, hardware, tmp_path / "out")
