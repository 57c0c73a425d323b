"""Fewer images: the failing one alone, or the first few."""

from __future__ import annotations

from functools import partial

from t2c.tb.shrink.case import ShrinkCase
from t2c.tb.shrink.edit import rebuilt
from t2c.tb.shrink.search import Search, Trying, fewest


def images(search: Search) -> Trying:
    """Keep the image that fails first, else as few of those that run as still fail."""
    request = search.case.request
    ran = list(range(request.first_image, request.first_image + request.images))
    failing = request.first_image + search.failure.image
    yield from fewest(ran, partial(_keep, search.case), failing)


def _keep(case: ShrinkCase, chosen: list[int]) -> ShrinkCase:
    return case.of_images(rebuilt(case.package, samples=case.package.samples[chosen]))
