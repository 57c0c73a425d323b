"""Golden's tensors of one image, as words to drive and as tensors to expect."""

from __future__ import annotations

import os
from collections.abc import Mapping

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.errors import RangeError
from t2c.golden.graph.find_package import open_package
from t2c.golden.graph.package import Package
from t2c.golden.target.own_node import package_with_functions
from t2c.layouts.element_map import ElementMap
from t2c.layouts.packed import PackedLayout
from t2c.tb.expect.expected import Expected


class Golden:
    """All tensors that a package gives for one of its images.

    Args:
        model: a package, its directory, or the name of an example; image: number of the test image; reference:
        functions of your own by layer, FILE.py:FUNCTION (docs/your_arithmetic.md).

    Raises:
        RangeError: there is no such image; UserError: a function that cannot be had, or returns what it must not.

    >>> Golden("digits_w8a8", image=3)["fc"].shape
    (10,)
    """

    def __init__(
        self, model: Package | str | os.PathLike[str], image: int = 0, reference: Mapping[str, str] | None = None
    ) -> None:
        package = model if isinstance(model, Package) else open_package(os.fspath(model))[1]
        package = package_with_functions(package, reference or {})
        if not 0 <= image < len(package.samples):
            raise RangeError(f"image {image} is not among the package's 0..{len(package.samples) - 1}")
        self.graph, self.image = package.graph, image
        self._tensors = {
            name: value[0] for name, value in package.graph.run(package.samples[image : image + 1]).items()
        }

    def __getitem__(self, name: str) -> IntArray:
        """A tensor, int64 of its own shape; raises KeyError, which lists the tensors."""
        found: IntArray | None = self._tensors.get(name)
        if found is None:
            raise KeyError(f"{name!r} is no tensor of {self.graph.name}; there are {', '.join(self._tensors)}")
        return found

    def words(
        self,
        name: str,
        layout: str = "... -> ...",
        *,
        bits: int | None = None,
        lane_order: str = "lsb_first",
        padding: int = 0,
    ) -> list[int]:
        """The words of a tensor, in order.

        Args:
            name: of the tensor; layout: docs/layouts.md; bits: of an element, the tensor's own unless given;
            lane_order, padding: as in `t2c.layouts.packed.PackedLayout`.

        Raises:
            KeyError: no such tensor; LayoutError, RangeError: a layout, width or padding that does not fit.
        """
        return self._packed(name, layout, bits, lane_order, padding).words(self[name])

    def expect(
        self,
        name: str,
        layout: str = "... -> ...",
        *,
        bits: int | None = None,
        lane_order: str = "lsb_first",
        padding: int | None = None,
    ) -> Expected:
        """A tensor that the bench waits for.

        Args:
            name, layout, bits, lane_order: as of `words`; padding: what lanes without an element must hold, None for
            anything.

        Raises:
            as `words`.
        """
        packed = self._packed(name, layout, bits, lane_order, padding or 0)
        label = f"{name} of image {self.image}"
        return Expected(label, self[name], packed, check_padding=padding is not None)

    def _packed(self, name: str, layout: str, bits: int | None, lane_order: str, padding: int) -> PackedLayout:
        values, edge = self[name], self.graph.edges[name]
        return PackedLayout(
            ElementMap.of(layout, values.shape),
            bits=edge.bits if bits is None else bits,
            signed=edge.signed,
            lane_order=lane_order,
            padding=padding,
        )
