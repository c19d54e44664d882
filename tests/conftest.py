# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two sizes of the test run: a fixed part (``make test``), and the whole (``--whole``, ``make test-all``).

A test that runs many times with different parameters names those of the fixed part: ``@pytest.mark.every_run("ufw", "firewalld-trixie")``.
"""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--whole", action="store_true", help="run also the tests marked `whole`, and draw the full number of examples")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "whole: takes long; runs with --whole alone, that is in `make test-all`")
    config.addinivalue_line(
        "markers", "every_run(*ids): of its parameters, those whose id has one of these run always, others with --whole alone"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not any("::" in argument for argument in config.args):
        _demand_variants(items)
    if config.getoption("--whole"):
        return
    left_out = [item for item in items if item.get_closest_marker("whole") or not _in_every_run(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def _in_every_run(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("every_run")
    return marker is None or any(_has(item, text) for text in marker.args)


def _has(item: pytest.Item, text: str) -> bool:
    return f"-{text}-" in f"-{item.callspec.id}-"  # type: ignore[attr-defined]


def _demand_variants(items: list[pytest.Item]) -> None:
    """Refuse an ``every_run`` that names parameters which a test does not have, so that no test is left out by an error in writing."""
    named: dict[tuple[str, str], bool] = {}
    for item in items:
        if {"every_run", "whole"} <= {mark.name for mark in getattr(getattr(item, "function", None), "pytestmark", ())}:
            raise pytest.UsageError(f"{item.nodeid} has every_run and whole; one of them is without effect")
        marker = item.get_closest_marker("every_run")
        for text in marker.args if marker else ():
            test = item.nodeid.partition("[")[0], text
            named[test] = named.get(test, False) or _has(item, text)
    if missing := [f"{test} has no parameters {text}" for (test, text), found in named.items() if not found]:
        raise pytest.UsageError("; ".join(missing))


def pytest_report_header(config: pytest.Config) -> str:
    return "size: the whole" if config.getoption("--whole") else "size: the fixed part (--whole runs the rest, too)"


@pytest.fixture(scope="session")
def whole(request: pytest.FixtureRequest) -> bool:
    """Whether this is the whole run; a test that draws examples draws more of them then."""
    return bool(request.config.getoption("--whole"))
