# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nothing here touches a host: actions find Ansible's plugins as they do in a play."""

from __future__ import annotations

import typing as t

import pytest
from ansible.plugins.loader import init_plugin_loader
from hostile_scene import Scene


@pytest.fixture(scope="session")
def plugins() -> None:
    init_plugin_loader([])


@pytest.fixture(scope="module")
def scene(plugins: None, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Scene]:
    with pytest.MonkeyPatch.context() as patch:
        yield Scene(tmp_path_factory.mktemp("hostile"), patch)
