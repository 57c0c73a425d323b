"""Run by the Python of .venv/tosa, not by ours: make conformance tests of an operator of TOSA, run its model on them.

    conformance.py OPERATOR SEED FOLDER whole|sample [ARGUMENT ...]

FOLDER gets a file NAME.npz for each generated test: input0, input1, ... in the order of the operator's operands,
output, and about, a text of JSON: operator, attributes, and the TOSA types of inputs and output. Layouts are TOSA's.
An array has the NumPy type that holds its type; INT4 is int8, INT48 is int64.

`whole` makes what the published conformance suite has for integers (profile tosa-pro-int, extensions int4, int16,
doubleround) with other random numbers; `sample` a few tests of the first list of arguments of each type. Further
arguments are for the generator, after those that the suite gives it, but for those that make sizes beyond them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import tosa.Attribute
import tosa.AvgPool2dAttribute
import tosa.Conv2dAttribute
import tosa.DepthwiseConv2dAttribute
import tosa.DType
import tosa.MaxPool2dAttribute
import tosa.Op
import tosa.RescaleAttribute
import tosa.RoundingMode
import tosa_reference_model
from tosa.TosaGraph import TosaGraph

SITE = Path(tosa_reference_model.__file__).resolve().parents[1]
COMMANDS = Path(sys.executable).parent
MODEL, SCHEMA = SITE / "bin" / "tosa_reference_model", SITE / "bin" / "tosa.fbs"
CONFIG = SITE / "conformance" / "cts-config_v1.0.json"
FEATURES = ("--profile", "tosa-pro-int", "--extension", "tosa-ext-int4", "tosa-ext-int16", "tosa-ext-doubleround")
STORED = {"INT4": "<i1", "INT8": "<i1", "INT16": "<i2", "INT32": "<i4", "INT48": "<i8"}
WINDOW = ("Pad", "Stride", "Dilation")
POOL = ("Kernel", "Stride", "Pad")
ATTRIBUTES: dict[str, tuple[Any, tuple[str, ...], tuple[str, ...]]] = {
    "CONV2D": (tosa.Conv2dAttribute.Conv2dAttribute, WINDOW, ()),
    "DEPTHWISE_CONV2D": (tosa.DepthwiseConv2dAttribute.DepthwiseConv2dAttribute, WINDOW, ()),
    "AVG_POOL2D": (tosa.AvgPool2dAttribute.AvgPool2dAttribute, POOL, ()),
    "MAX_POOL2D": (tosa.MaxPool2dAttribute.MaxPool2dAttribute, POOL, ()),
    "RESCALE": (
        tosa.RescaleAttribute.RescaleAttribute,
        (),
        ("Scale32", "RoundingMode", "PerChannel", "InputUnsigned", "OutputUnsigned"),
    ),
}
"""Of an operator: the class of its attributes, those that are vectors, those that are single."""


OVERSIZE, LARGEST = "--allow-pooling-and-conv-oversizes", "--level-8k-sizes"
"""Arguments that make sizes beyond those that other arguments allow."""
SAMPLE = 4
"""Tests of each list of arguments and type that a sample has."""


def names(enumeration: type) -> dict[int, str]:
    """The names of the values of an enumeration of the schema."""
    return {value: name for name, value in vars(enumeration).items() if isinstance(value, int)}


OPERATORS, TYPES = names(tosa.Op.Op), names(tosa.DType.DType)
ROUNDINGS = names(tosa.RoundingMode.RoundingMode)


def last_line(text: str) -> str:
    """What a program said last."""
    return (text.strip().splitlines() or ["it said nothing"])[-1]


def configured(operator: str, folder: Path, extent: str, further: list[str]) -> Path:
    """Write the suite's configuration of an operator, cut to a sample or with further arguments, to a folder.

    Raises:
        SystemExit: there is no such operator.
    """
    suite = json.loads(CONFIG.read_text())
    if operator not in suite:
        sys.exit(f"the suite has no operator {operator}")
    kept = suite[operator]
    special = ["--no-special-tests"] if extent == "sample" else []
    if extent == "sample":
        kept["selection"] = {name: {"permutes": ["type"], "maximum": SAMPLE} for name in kept["selection"]}
    for group in kept["generation"].values():
        lists = group["generator_args"][: 1 if extent == "sample" else None]
        if further:
            lists = [
                [*(word for word in given if word != OVERSIZE), *further] for given in lists if LARGEST not in given
            ]
        group["generator_args"] = [[*given, *special] for given in lists]
    path = folder / CONFIG.name
    path.write_text(json.dumps({operator: kept}))
    return path


def generate(operator: str, seed: int, folder: Path, config: Path) -> list[Path]:
    """Make the tests of an operator below a folder; return their folders.

    Raises:
        SystemExit: the generator failed, or made none.
    """
    command: list[str | Path] = [COMMANDS / "tosa_verif_conformance_generator", "--operators", operator, *FEATURES]
    command += ["--test-type", "positive", "--output-type", "binary", "--seed", str(seed), "--jobs", "1"]
    command += ["--cts-config", config, "--build-directory", folder / "build", "--output-directory", folder / "made"]
    command += ["--ref-model-path", MODEL, "--schema-path", SCHEMA, "--flatc-path", SITE / "bin" / "flatc"]
    command += ["--generate-lib-path", SITE / "tosa_reference_model" / "libtosa_reference_generate_lib.so"]
    path = f"{COMMANDS}{os.pathsep}{os.environ.get('PATH', '')}"  # it calls others of its commands
    done = subprocess.run(command, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False)
    found = sorted(path.parent for path in (folder / "made").rglob("desc.json"))
    if done.returncode or not found or "ERROR:" in done.stderr:
        sys.exit(f"the generator of {operator}: {last_line(done.stderr or done.stdout)}")
    return found


def constant(raw: bytes, kind: str, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """The values of a constant of the graph: INT4 is packed, low half first, INT48 has six bytes."""
    count = int(np.prod(shape, dtype=np.int64))
    data = np.frombuffer(raw, np.uint8)
    if kind == "INT4":
        halves = np.stack([data & 15, data >> 4], axis=-1).reshape(-1)[:count].astype(np.int8)
        return ((halves ^ 8) - 8).reshape(shape)
    if kind == "INT48":
        wide = np.zeros((count, 8), np.uint8)
        wide[:, 2:] = data.reshape(count, 6)
        return (wide.reshape(-1).view("<i8") >> 16).reshape(shape)
    return data.view(STORED[kind]).reshape(shape)


def attributes_of(operator: Any, name: str) -> dict[str, Any]:
    """The attributes of an operator of the graph that golden's are made of."""
    if name not in ATTRIBUTES:
        return {}
    kind, vectors, scalars = ATTRIBUTES[name]
    table = kind()
    table.Init(operator.Attribute().Bytes, operator.Attribute().Pos)
    found: dict[str, Any] = {field.lower(): getattr(table, f"{field}AsNumpy")().tolist() for field in vectors}
    found |= {field.lower(): getattr(table, field)() for field in scalars}
    if "roundingmode" in found:
        found["roundingmode"] = ROUNDINGS[found["roundingmode"]]
    return found


def pack(test: Path, target: Path) -> None:
    """Run a test on the reference model and write its file.

    Raises:
        SystemExit: the model refuses it, or the graph is not one operator.
    """
    described = json.loads((test / "desc.json").read_text())
    command: list[str | Path] = [
        MODEL,
        "--test_desc",
        test / "desc.json",
        "--operator_fbs",
        SCHEMA,
        "--output_dir",
        test,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"the reference model refuses {test.name}: {last_line(done.stderr)}")
    block = TosaGraph.GetRootAs((test / described["tosa_file"]).read_bytes()).Regions(0).Blocks(0)
    tensors = [block.Tensors(i) for i in range(block.TensorsLength())]
    kinds = {tensor.Name().decode(): TYPES[tensor.Type()] for tensor in tensors}
    values = {
        name: np.load(test / file) for name, file in zip(described["ifm_name"], described["ifm_file"], strict=True)
    }
    for tensor in tensors:
        if tensor.DataLength():
            shape = tuple(tensor.ShapeAsNumpy().tolist()) if tensor.ShapeLength() else ()
            name = tensor.Name().decode()
            values[name] = constant(tensor.DataAsNumpy().tobytes(), kinds[name], shape)
    computing = [block.Operators(i) for i in range(block.OperatorsLength())]
    computing = [operator for operator in computing if not OPERATORS[operator.Op()].startswith("CONST")]
    if len(computing) != 1:
        sys.exit(f"{test.name} has {len(computing)} operators")
    (operator,) = computing
    inputs = [operator.Inputs(i).decode() for i in range(operator.InputsLength())]
    (result,) = described["ofm_name"]
    about = {
        "operator": OPERATORS[operator.Op()],
        "attributes": attributes_of(operator, OPERATORS[operator.Op()]),
        "types": [kinds[name] for name in inputs],
        "output_type": kinds[result],
    }
    arrays = {f"input{i}": values[name].astype(STORED[kinds[name]]) for i, name in enumerate(inputs)}
    output = np.load(test / described["ofm_file"][0]).astype(STORED[kinds[result]], casting="same_kind")
    np.savez(target, about=json.dumps(about), output=output, **arrays)


def main(operator: str, seed: str, target: str, extent: str, *further: str) -> None:
    """See above; raise SystemExit with one line."""
    with tempfile.TemporaryDirectory(dir=target) as name:
        folder = Path(name)
        for test in generate(operator, int(seed), folder, configured(operator, folder, extent, list(further))):
            pack(test, Path(target) / f"{test.name}.npz")


if __name__ == "__main__":
    main(*sys.argv[1:])
