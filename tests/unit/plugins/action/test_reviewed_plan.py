# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A reviewed plan in runs of the playbooks: checked once, before any host is asked anything."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import typing as t

import pytest
from test_operator_options import Site, said

DAY = 24 * 60 * 60


@pytest.fixture
def site(tmp_path: pathlib.Path) -> Site:
    """Two hosts whose Python leaves a trace, and the plan of both."""
    site = Site(tmp_path)
    program = tmp_path / "asked"
    program.write_text(f"#!/bin/sh\necho asked >>{tmp_path}/asked.log\n")
    program.chmod(0o755)
    for host in site.hosts.values():
        host["ansible_python_interpreter"] = str(program)
    run = site.run("plan.yml", "-e", "connectivity_plan=plan")
    assert run.returncode == 0, said(run)
    return site


def plan(site: Site) -> pathlib.Path:
    return site.directory / "plan"


def test_a_plan_as_it_was_made_is_summed_up(site: Site) -> None:
    site.environment["ANSIBLE_SHOW_CUSTOM_STATS"] = "True"
    run = site.run("plan.yml", "-e", "connectivity_reviewed_plan=plan")
    assert run.returncode == 0, said(run)
    assert "WARNING" not in run.stderr
    assert "2 managed hosts, partners that are not managed: 0; 2 managed hosts in this run" in said(run)
    assert not (site.directory / "asked.log").exists()


@pytest.mark.every_run("site.yml")
@pytest.mark.parametrize("playbook", ["site.yml", "verify.yml", "audit.yml"])
def test_everything_that_is_wrong_is_named_and_no_host_is_asked(site: Site, playbook: str) -> None:
    shutil.copy(plan(site) / "hosts/clinic.json", plan(site) / "hosts/hospital.json")
    (plan(site) / "hosts/clinic.json").write_text("{")
    site.hosts["newcomer"] = {**site.hosts["clinic"], "connectivity_addresses": ["192.0.2.9"]}
    run = site.run(playbook, "-e", "connectivity_reviewed_plan=plan")
    assert run.returncode != 0
    assert f"3 errors in the reviewed plan {plan(site)}; nothing of it was applied" in said(run)
    assert "host hospital: the file in hosts/ holds the rules of another host, 'clinic'" in said(run)
    assert "host newcomer: managed in this run, but without a part in the plan" in said(run)
    assert not (site.directory / "asked.log").exists()


def test_hosts_that_a_run_leaves_out_need_no_part(site: Site) -> None:
    site.hosts["newcomer"] = {**site.hosts["clinic"], "connectivity_addresses": ["192.0.2.9"]}
    site.hosts["partner"] = {**site.hosts["newcomer"], "connectivity_managed": "no"}
    site.hosts["bystander"] = {"connectivity_memberships": None}
    assert site.run("plan.yml", "-e", "connectivity_reviewed_plan=plan").returncode != 0
    run = site.run("plan.yml", "-e", "connectivity_reviewed_plan=plan", "--limit", "clinic,partner,bystander")
    assert run.returncode == 0, said(run)


def test_a_slice_of_the_inventory_is_enough(site: Site) -> None:
    del site.hosts["hospital"]
    run = site.run("plan.yml", "-e", "connectivity_reviewed_plan=plan")
    assert run.returncode == 0, said(run)


def test_an_old_plan_is_a_warning(site: Site) -> None:
    index = plan(site) / "plan.json"
    os.utime(index, (index.stat().st_mtime - 40 * DAY,) * 2)
    run = site.run("plan.yml", "-e", "connectivity_reviewed_plan=plan")
    assert run.returncode == 0, said(run)
    assert "the reviewed plan is 40 days old" in said(run)
    for days in (60, 0):
        run = site.run("plan.yml", "-e", "connectivity_reviewed_plan=plan", "-e", f"connectivity_reviewed_plan_days={days}")
        assert run.returncode == 0, said(run)
        assert "days old" not in said(run)
    run = site.run("plan.yml", "-e", "connectivity_reviewed_plan=plan", "-e", "connectivity_reviewed_plan_days=-1")
    assert run.returncode != 0
    assert "connectivity_reviewed_plan_days is -1; give a number of days" in said(run)


def test_the_age_has_one_limit_for_all_hosts(site: Site) -> None:
    site.hosts["hospital"]["connectivity_reviewed_plan_days"] = 7
    run = site.run("plan.yml", "-e", "connectivity_reviewed_plan=plan")
    assert run.returncode != 0
    assert "connectivity_reviewed_plan_days must be the same for all hosts of a run" in said(run)


def test_what_a_host_returns_does_not_say_that_it_needs_no_part(site: Site) -> None:
    site.hosts["newcomer"] = {
        "connectivity_addresses": ["192.0.2.9"],
        "ansible_python_interpreter": site.answers("newcomer", ansible_facts={"connectivity_managed": False}),
    }
    play = "- hosts: newcomer\n- import_playbook: PLAYBOOKS/plan.yml\n"
    run = site.run(play, "-e", "connectivity_reviewed_plan=plan")
    assert run.returncode != 0
    assert "host newcomer: managed in this run, but without a part in the plan" in said(run)


@pytest.mark.every_run("firewall")
@pytest.mark.parametrize("role", ["firewall", "docker_proxy", "dpi_exclusion"])
def test_a_role_on_its_own_checks_its_hosts_part_first(site: Site, role: str) -> None:
    index = plan(site) / "plan.json"
    content: dict[str, t.Any] = json.loads(index.read_text())
    index.write_text(json.dumps({**content, "format": 2}))
    play = f"""\
        - hosts: all
          gather_facts: false
          tasks:
            - ansible.builtin.include_role: {{name: federated.connectivity.{role}}}
        """
    run = site.run(play, "-e", f"{role}_plan={plan(site)}")
    assert run.returncode != 0
    assert "nothing was changed: - " in said(run)
    assert "the plan has format 2, but version" in said(run)
    assert not (site.directory / "asked.log").exists()
