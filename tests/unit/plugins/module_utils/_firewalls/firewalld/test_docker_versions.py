# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Docker versions that lose rules when firewalld reloads are told from those that do not."""

from __future__ import annotations

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.firewalld.docker_versions import losses_by_reload

ISOLATION, LOOPBACK = "CVE-2025-54410", "CVE-2025-54388"


@pytest.mark.parametrize(
    ("version", "flaws"),
    [
        ("20.10.24+dfsg1", [ISOLATION]),
        ("25.0.12", [ISOLATION]),
        ("25.0.13", []),
        ("26.0.0", [ISOLATION]),
        ("26.1.5+dfsg1", [ISOLATION]),
        ("27.5.1", [ISOLATION]),
        ("28.0.0", []),
        ("28.1.1", []),
        ("28.2.0", [LOOPBACK]),
        ("28.3.2", [LOOPBACK]),
        ("28.3.3", []),
        ("29.0.0-rc.1", []),
        ("dev", []),
        ("", []),
    ],
)
def test_each_version_has_its_own_flaws(version: str, flaws: list[str]) -> None:
    assert [flaw for warning in losses_by_reload(version) for flaw in (ISOLATION, LOOPBACK) if flaw in warning] == flaws
    assert all(f"Docker {version} loses" in warning for warning in losses_by_reload(version))
