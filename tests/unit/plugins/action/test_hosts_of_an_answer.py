# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom the playbook why asks what is in force: the hosts of the answer, whatever the fact cache holds."""

from __future__ import annotations

import pytest
from test_operator_options import Site, said, site

__all__ = ["site"]

QUESTION = ("-e", "connectivity_from=hospital", "-e", "connectivity_to=hospital", "-e", "connectivity_live=true", "--limit", "hospital")


@pytest.mark.parametrize("lie", [{"ends": {"hosts": {"clinic": []}}}, 7])
def test_a_fact_cache_does_not_say_who_is_asked(site: Site, lie: object) -> None:
    """The host that stands first in the inventory is not part of the run, and has left a lie in the cache."""
    site.environment |= {"ANSIBLE_CACHE_PLUGIN": "jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(site.directory / "cache")}
    site.answers("clinic", ansible_facts={"connectivity_answer": lie})
    assert site.run("- hosts: all").returncode == 0
    assert any("connectivity_answer" in path.read_text() for path in (site.directory / "cache").iterdir())
    run = site.run("why.yml", *QUESTION)
    assert run.returncode == 0, said(run)
    assert "live: hospital (nftables): as planned" in said(run)
    assert "live: clinic" not in said(run)
