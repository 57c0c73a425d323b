"""Models by name, as `--model` takes them: those of this project, and anybody's `module:Class` or `file.py:factory`.

Neither the names nor the checks of a name load torch.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import math
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from t2c.errors import ModelError

if TYPE_CHECKING:
    from torch import nn

Width = int | float


@dataclass(frozen=True, kw_only=True)
class Known:
    """A model of this project.

    home: its module; name: its class, which takes `width` and `classes`; whole: the width is a number of channels, not
    a factor; width: the usual one; least: the smallest one; options: what else the class is given.
    """

    home: str
    name: str
    whole: bool = True
    width: Width
    least: Width = 1
    options: Mapping[str, Any] = field(default_factory=dict)


def _resnet(layers: int, stem: str) -> Known:
    home, name = f"t2c.models.resnet{layers}", f"ResNet{layers}"
    return Known(home=home, name=name, width=64, options={"stem": stem})


def _mobilenet(version: int, stem: str) -> Known:
    home, name = f"t2c.models.mobilenet_v{version}", f"MobileNetV{version}"
    return Known(home=home, name=name, whole=False, width=1.0, least=1 / 32, options={"stem": stem})


def _vgg(depth: int) -> Known:
    return Known(home="t2c.models.vgg", name="VGG", width=64, options={"depth": depth})


MODELS: dict[str, Known] = {
    "digits_cnn": Known(home="t2c.models.digits_cnn", name="DigitsCNN", width=16),
    "strided_cnn": Known(home="t2c.models.strided_cnn", name="StridedCNN", width=16),
    "jet_mlp": Known(home="t2c.models.jet_mlp", name="JetMLP", whole=False, width=1.0, least=1 / 64),
    "resnet20": Known(home="t2c.models.resnet20", name="ResNet20", width=16),
    "resnet18": _resnet(18, "imagenet"),
    "resnet18_cifar": _resnet(18, "cifar"),
    "resnet50": _resnet(50, "imagenet"),
    "resnet50_cifar": _resnet(50, "cifar"),
    "vgg11": _vgg(11),
    "vgg16": _vgg(16),
    "mobilenet_v1": _mobilenet(1, "cifar"),
    "mobilenet_v1_224": _mobilenet(1, "imagenet"),
    "mobilenet_v2": _mobilenet(2, "cifar"),
    "mobilenet_v2_224": _mobilenet(2, "imagenet"),
    "vit2": Known(home="t2c.models.vit", name="ViT2", width=32, least=2),
    "vit7": Known(home="t2c.models.vit", name="ViT7", width=384, least=8),
}

OWN = "module:Class or path/file.py:factory"
"""How a model of one's own is named."""


def check_name(name: str) -> str:
    """Return a name that `build_model` could know, without looking for anything.

    Raises:
        ModelError: it could not.
    """
    place, _, attribute = name.rpartition(":")
    if name not in MODELS and not (place and attribute.isidentifier()):
        raise ModelError(f"{name!r} is not one of {', '.join(MODELS)}, {OWN}")
    return name


def build_model(name: str, *, classes: int, width: Width | None = None) -> nn.Module:
    """Make a model, untrained.

    Args:
        name: one of MODELS, or OWN: a class or a function, which is given `classes` and `width` if it has parameters of
            those names, and the width only if it is not None.
        classes: outputs.
        width: None for the model's usual one.

    Raises:
        ModelError: there is no such model, it has no such width, or making it fails; the message names it.
    """
    check_name(name)
    known = MODELS.get(name)
    if known is not None:
        usual = known.width if width is None else _checked_width(name, known, width)
        made = getattr(importlib.import_module(known.home), known.name)
        model: nn.Module = made(width=usual, classes=classes, **known.options)
        return model
    return _build_own(name, classes, width)


def _checked_width(name: str, known: Known, width: Width) -> Width:
    if known.whole and not float(width).is_integer():
        raise ModelError(f"width: {name} takes a whole number of channels, not {width}")
    if not known.least <= width < math.inf:
        raise ModelError(f"width: {width} is below {known.least}, the least of {name}")
    return int(width) if known.whole else width


def _build_own(name: str, classes: int, width: Width | None) -> nn.Module:
    factory = _factory(name)
    wishes = {"classes": classes} | ({} if width is None else {"width": width})
    try:
        taken = inspect.signature(factory).parameters.values()
    except ValueError:  # a class of C
        taken = {}.values()
    if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in taken):
        names = {parameter.name for parameter in taken}
        if width is not None and "width" not in names:
            raise ModelError(f"width: {name} has no parameter of that name")
        wishes = {wish: value for wish, value in wishes.items() if wish in names}
    with _blaming(name), _importing(name):
        model = factory(**wishes)
    from torch import nn

    if not isinstance(model, nn.Module):
        raise ModelError(f"{name} gives {type(model).__name__}, not a torch.nn.Module")
    if any(nn.parameter.is_lazy(tensor) for tensor in (*model.parameters(), *model.buffers())):
        raise ModelError(f"{name} has lazy layers, whose shapes a file of weights does not know")
    return model


def _factory(name: str) -> Callable[..., Any]:
    place, _, attribute = name.rpartition(":")
    with _blaming(name), _importing(name):
        module = _load_file(Path(place)) if place.endswith(".py") else importlib.import_module(place)
    factory: Callable[..., Any] | None = getattr(module, attribute, None)
    if not callable(factory):
        raise ModelError(f"{name}: {place} has no class or function {attribute}")
    return factory


def _load_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise ModelError("there is no such file")
    title = f"t2c_own_{path.stem}_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]}"
    spec = importlib.util.spec_from_file_location(title, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[title] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[title]
        raise
    return module


@contextmanager
def _importing(name: str) -> Iterator[None]:
    """Inside, a model's code finds its neighbours: the folder of its file, or the working directory."""
    place = name.rpartition(":")[0]
    folder = str(Path(place).resolve().parent if place.endswith(".py") else Path.cwd())
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        if folder in sys.path:
            sys.path.remove(folder)


@contextmanager
def _blaming(name: str) -> Iterator[None]:
    """Whatever goes wrong in somebody else's code is a ModelError that names the model."""
    try:
        yield
    except ModelError as error:
        raise ModelError(f"{name}: {error}") from error
    except Exception as error:
        raise ModelError(f"{name}: {type(error).__name__}: {error}") from error


def source_digest(name: str) -> str | None:
    """SHA-256 of the file that an own model is written in, found without running it; None for a model of MODELS.

    Raises:
        ModelError: there is no such file.
    """
    if name in MODELS:
        return None
    place = check_name(name).rpartition(":")[0]
    path = Path(place) if place.endswith(".py") else _module_file(place)
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelError(f"{name}: {path}: {error.strerror}") from error


def _module_file(place: str) -> Path:
    with _blaming(place), _importing(f"{place}:"):
        spec = importlib.util.find_spec(place)
    if spec is None or not spec.has_location or spec.origin is None:
        raise ModelError(f"{place}: there is no such module, or no file of it")
    return Path(spec.origin)
