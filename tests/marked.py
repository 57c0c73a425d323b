"""A plug-in of pytest, `-p tests.marked`: a line for each test that is collected, whether it is of a campaign, and its
name."""

from __future__ import annotations

import pytest

OF_A_CAMPAIGN, OF_MAKE_TEST = "of a campaign: ", "of make test: "


def pytest_collection_finish(session: pytest.Session) -> None:
    for item in session.items:
        print(f"{OF_A_CAMPAIGN if item.get_closest_marker('campaign') else OF_MAKE_TEST}{item.nodeid}")
