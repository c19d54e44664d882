# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the runs of real software, and where they find the hosts of the packet tests."""

from __future__ import annotations

import importlib.util
import os
import pathlib
import sys
import types

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "packets"))

SYSTEMS = pathlib.Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--system", help="the one system to run; all without it")
    parser.addoption("--arrangement", default="", help="a part of the name of the one arrangement to run; all without it")
    parser.addoption("--keep-rules", action="store_true", help="take no rule away: a third of the time, and less is seen")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "system(name): the one system that a test is about")
    if os.geteuid() != 0:
        raise pytest.UsageError("real software runs in network namespaces, which needs root: run it with sudo, or as root")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With --system, leave out tests of their own about other systems."""
    wanted = config.getoption("system")
    others = [item for item in items for marker in item.iter_markers("system") if wanted not in (None, marker.args[0])]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


def _module(system: str) -> types.ModuleType:
    path = SYSTEMS / system / "system.py"
    spec = importlib.util.spec_from_file_location(f"real_{system}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "arrangement" not in metafunc.fixturenames:
        return
    wanted, part = metafunc.config.getoption("system"), metafunc.config.getoption("arrangement")
    names = sorted(path.parent.name for path in SYSTEMS.glob("*/system.py"))
    if wanted and wanted not in names:
        raise pytest.UsageError(f"no real software of {wanted} is known here, only of {', '.join(names)}")
    chosen = [
        pytest.param(name, module, arrangement, id=f"{name}-{arrangement.replace(' ', '_')}")
        for name in names
        if wanted in (None, name)
        for module in [_module(name)]
        for arrangement in module.ARRANGEMENTS
        if part in arrangement
    ]
    metafunc.parametrize(("system", "module", "arrangement"), chosen)
