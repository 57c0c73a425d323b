"""`t2c quantize`: a float model to an integer package, by a method and widths of your choice."""

from __future__ import annotations

import argparse
import ast
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from t2c.commands import add_target
from t2c.commands.by_method import add_by_method, given, live_norms, shared, trained_by
from t2c.commands.pruning import add_pruning, chosen_pruner, naming_pruning
from t2c.commands.train import model_name
from t2c.commands.training import (
    FloatModel,
    add_data,
    add_run,
    check_run,
    load_data,
    naming,
    open_float_model,
)
from t2c.commands.values import (
    ChannelOrTensor,
    Repeated,
    accumulator,
    at_least,
    bits,
    bits_or_none,
    layer_bits,
    mulquant,
    residual_bits,
)
from t2c.errors import CheckpointError, ModelError
from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.errors import PackageError, RangeError, UnsupportedError
from t2c.golden.graph.package import GRAPH_FILE

if TYPE_CHECKING:
    from t2c.golden.target.limits import ChipLimits
    from t2c.methods import Method

NAME = "quantize"
HELP = "quantise a float model by any method, convert it to integers and write the package"


def declared_methods() -> tuple[str, ...]:
    """The names in `t2c.methods.METHODS`, out of its text, since importing it loads torch."""
    text = Path(__file__).parents[1].joinpath("methods.py").read_text()
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    made = [call.keywords for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Method"]
    return tuple(ast.literal_eval(word.value) for words in made for word in words if word.arg == "name")


METHODS = declared_methods()


def method_name(text: str) -> str:
    """The type of `--method`; a name of this list does not load torch."""
    if text not in METHODS:
        from t2c.methods import find_method

        try:
            find_method(text)
        except LookupError as error:
            raise argparse.ArgumentTypeError(str(error.args[0])) from error
    return text


def configure(parser: argparse.ArgumentParser) -> None:
    """The float model, the data, the method, the widths, the training, the integers, the package."""
    parser.add_argument("float_model", type=Path, metavar="MODEL.pt", help="file of a float model, from t2c train")
    parser.add_argument("--model", type=model_name, help="where a model of your own is, if not where it was trained")
    add_data(parser)
    parser.add_argument("--method", type=method_name, default="minmax", help=f"{', '.join(METHODS)} (%(default)s)")
    parser.add_argument("--weight-bits", type=bits, default=8, help="2..8 (%(default)s)")
    parser.add_argument("--activation-bits", type=bits, default=8, help="2..8 (%(default)s)")
    parser.add_argument(
        "--residual-bits", type=residual_bits, help="of a transformer's residual stream, 2..16 (as all activations)"
    )
    parser.add_argument(
        "--first-last-bits",
        type=bits_or_none,
        help="of the input and of the first and last layer's weights, or none (8 if the others have fewer)",
    )
    parser.add_argument(
        "--layer-bits",
        type=layer_bits,
        action=Repeated,
        default=[],
        metavar="LAYER=W/A",
        help="bits of one layer's weights and output, either may be empty; may be repeated",
    )
    parser.add_argument(
        "--scheme", choices=("pre_fuse", "channel_wise"), help="of batch norm (pre_fuse for 8-bit weights)"
    )
    parser.add_argument(
        "--per-channel", "--per-tensor", action=ChannelOrTensor, help="weight scales (as the method has them)"
    )
    parser.add_argument("--calibration-images", type=at_least(1), help="training images that calibration sees (1024)")
    parser.add_argument(
        "--element", help="of the array, docs/elements.md, whose sums the layers have: its name, or your NAME.yaml"
    )
    add_by_method(parser)
    add_pruning(parser)
    add_run(parser)
    parser.add_argument(
        "--mulquant", type=mulquant, help="normalized, power_of_two or fixed:INT,FRAC, such as fixed:4,12 (normalized)"
    )
    modes = [mode.value for mode in Rounding]
    parser.add_argument("--rounding", choices=modes, default="half_up", help=f"{', '.join(modes)} (%(default)s)")
    parser.add_argument("--acc-bits", type=accumulator, default=Widths(), help="of an accumulator, 8..48 (32)")
    add_target(parser, "what the chip can do whose package it shall be, docs/your_arithmetic.md")
    parser.add_argument("--samples", type=at_least(1), default=32, help="test images in the package (%(default)s)")
    parser.add_argument("--out", type=Path, required=True, metavar="PACKAGE", help="directory of the package")


def execute(options: argparse.Namespace) -> int:
    """Quantise, train, convert, compare with golden, write, print; return 0."""
    from t2c.accuracy import accuracy, logits_of
    from t2c.golden.target.description import load_chip
    from t2c.methods import find_method
    from t2c.mulquant_constants import fixed_format, normalized, power_of_two
    from t2c.nn2chip import T2C
    from t2c.trainers import PTQ, QAT, Admm, Profit

    method = shared(options, find_method(options.method))
    chip_limits = None if options.target is None else load_chip(options.target)
    kind = trained_by(options, method)
    training = given(options, method, kind)
    with naming("--weight-bits", UnsupportedError):
        fusing = _widths(options, chip_limits) | live_norms(options, method)
        fuser = method.fuser(options.weight_bits, options.activation_bits, **fusing)
    check_run(options)
    if options.out.exists() and not (options.out / GRAPH_FILE).is_file():
        raise PackageError(f"--out: {options.out}: exists and is not a model package; not overwritten")
    with naming("MODEL.pt", CheckpointError, ModelError):
        source = open_float_model(options.float_model, options.model)
    pruning = chosen_pruner(options, "keep" if source.pruned else None)
    splits = load_data(options)
    source.check_data(options.data, splits, limited=options.limit is not None)
    test = splits.test
    if options.samples > len(test):
        raise RangeError(f"--samples: {options.samples}, but {options.data} has {len(test)} test images")

    with _naming_layers():
        trainer = {"qat": QAT, "profit": Profit, "admm": Admm}.get(kind, PTQ)(
            source.model,
            splits,
            fuser=fuser,
            seed=options.seed,
            device=options.device,
            checkpoint=options.checkpoint,
            title=f"{method.name} {options.weight_bits}/{options.activation_bits}",
            **training,
            **pruning,
        )
    with naming("--checkpoint", CheckpointError):
        qnet = trainer.fit()
    named = {None: normalized, "normalized": normalized, "power_of_two": power_of_two}
    chip = T2C(
        qnet,
        name=options.out.resolve().name,
        choose=fixed_format(*options.mulquant) if isinstance(options.mulquant, tuple) else named[options.mulquant],
        widths=options.acc_bits,
        target=chip_limits,
    )
    stored = test.head(options.samples)
    with _warning_lines():
        chip.nn2chip(
            stored.images,
            stored.labels,
            directory=options.out,
            description=_description(source, options, method, len(test)),
            metrics={"accuracy_float": accuracy(logits_of(source.model, test.images), test.labels)},
            test=(test.images, test.labels),
        )
    print(_table(chip.name, chip.metrics, chip.agreement.integers))
    print(f"written {options.out}, {len(stored)} test images in it")
    return 0


def _widths(options: argparse.Namespace, chip: ChipLimits | None) -> dict[str, Any]:
    """What the fuser is told beyond the method; what the user says wins over what a chip wants."""
    from t2c.fusion import LayerBits
    from t2c.golden.elements.columns import find_element
    from t2c.target.quantising import fuser_options

    own: dict[str, LayerBits] = {}
    for name, weight, activation in options.layer_bits:
        if name in own:
            raise RangeError(f"--layer-bits: layer {name!r} is given twice")
        own[name] = LayerBits(weight=weight, activation=activation)
    chosen: dict[str, Any] = {"layer_bits": own, "rounding": options.rounding}
    chosen |= fuser_options(chip) if chip else {}
    if options.residual_bits is not None:
        chosen["residual_bits"] = options.residual_bits
    if options.element is not None:
        chosen["element"] = find_element(options.element)
    if options.first_last_bits is not None:
        chosen["first_last_bits"] = None if options.first_last_bits == "none" else options.first_last_bits
    for name in ("scheme", "per_channel"):
        if getattr(options, name) is not None:
            chosen[name] = getattr(options, name)
    return chosen


@contextmanager
def _naming_layers() -> Iterator[None]:
    """Inside, a layer that is not there is the fault of the option that named it."""
    try:
        with naming_pruning():
            yield
    except LookupError as error:
        text = str(error.args[0])
        if "layer_bits: " in text:
            raise LookupError(f"--layer-bits: {text.partition('layer_bits: ')[2]}") from error
        raise


@contextmanager
def _warning_lines() -> Iterator[None]:
    """Inside, a warning is one line on stderr, without its place in the source."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = lambda message, *_, **__: print(f"warning: {message}", file=sys.stderr)
        yield


def _description(source: FloatModel, options: argparse.Namespace, method: Method, tested: int) -> str:
    return (
        f"{source.name} on {options.data}; {options.weight_bits}-bit weights, {options.activation_bits}-bit "
        f"activations; {method.title}; samples: the first {options.samples} of the {tested} test images that the "
        "accuracies are over"
    )


def _table(name: str, metrics: Mapping[str, float], integers: int) -> str:
    """One line of figures under its headings.

    drop: from float to integer, in percentage points; step error, fake - integer: in output steps, the latter the mean.
    """
    found = [metrics[f"accuracy_{kind}"] for kind in ("float", "fake_quantised", "integer")]
    room = max(len(name), len("package"))
    heads = ("float", "fake", "integer", "drop", "step error", "fake - integer", "integers equal")
    cells = (
        *(f"{figure:.2%}" for figure in found),
        f"{100 * (found[0] - found[2]):.2f}",
        f"{metrics['max_step_error']:.4f}",
        f"{metrics['fake_integer_mean']:.3f}",
        f"{integers:,}",
    )
    lines = []
    for title, row in (("package", heads), (name, cells)):
        figures = (f"{cell:>{len(head) + 4}}" for head, cell in zip(heads, row, strict=True))
        lines.append(f"{title:<{room}}{''.join(figures)}")
    return "\n".join(lines)
