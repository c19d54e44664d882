# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs compare the dates of exceptions with today. Inventories hold these dates with and without quotes."""

from __future__ import annotations

import datetime
import json
import pathlib

import pytest
from test_operator_options import STATION, Site, said

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.days import utc_today


@pytest.fixture
def site(tmp_path: pathlib.Path) -> Site:
    return Site(tmp_path)


def test_runs_print_what_has_expired_and_what_expires_soon(site: Site) -> None:
    soon = utc_today() + datetime.timedelta(10)
    for host, until in (("clinic", "2020-01-31"), ("hospital", soon)):
        site.hosts[host]["connectivity_memberships"] = [{**STATION, "federation_scope": "any", "federation_scope_until": until}]
    planned = site.run("plan.yml", "-e", "connectivity_plan=plan")
    assert planned.returncode == 0, said(planned)
    before = (site.directory / "plan/plan.json").read_text()
    reviewed = site.run("plan.yml", "-e", "connectivity_reviewed_plan=plan")
    assert reviewed.returncode == 0, said(reviewed)
    grouped = site.run("managed_hosts.yml", "--tags", "firewall")
    assert grouped.returncode == 0, said(grouped)
    for run in (planned, reviewed):
        assert "expired on 2020-01-31: host clinic: federation-scope-any: linksight.north: " in said(run)
        assert f"expires on {soon}, in " in said(run)
        assert "expired exceptions: 1" in said(run)
    dated = {finding["until"]: finding["hosts"] for finding in json.loads(before)["findings"] if "until" in finding}
    assert dated == {"2020-01-31": ["clinic"], str(soon): ["hospital"]}
    assert "federation-scope-any" not in " ".join(json.loads(before)["warnings"])


def test_a_damaged_date_of_a_reviewed_plan_is_refused(site: Site) -> None:
    for own in site.hosts.values():
        own["connectivity_memberships"] = [{**STATION, "federation_scope": "any", "federation_scope_until": datetime.date(2999, 12, 31)}]
    assert site.run("plan.yml", "-e", "connectivity_plan=plan").returncode == 0
    index = site.directory / "plan/plan.json"
    index.write_text(index.read_text().replace("2999-12-31", "2999-13-31"))
    run = site.run("plan.yml", "-e", "connectivity_reviewed_plan=plan")
    assert run.returncode != 0
    assert "plan.json: findings[0].until: must be a day, such as 2026-12-31, not '2999-13-31'; restore the file from git" in said(run)
