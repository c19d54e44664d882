# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a managed host returns configures nothing: real runs against hosts whose Python answers as a compromised host's would."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
import textwrap
import typing as t

import pytest
import yaml

ROOT = pathlib.Path(__file__).parents[4]
STATION = {"matrix": "linksight", "federation": "north", "roles": ["data_station"]}
WIDE = ["8.0.0.0/5", "16.0.0.0/4", "2a00::/12"]
OWN = {"hospital": "203.0.113.20/32", "clinic": "198.51.100.10/32"}


class Site:
    """An inventory of two managed hosts, ``clinic`` first, whose Python is a program that prints an answer."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.directory = directory
        self.environment = {"HOME": str(directory), "ANSIBLE_DEPRECATION_WARNINGS": "False", "ANSIBLE_NOCOLOR": "1"}
        self.hosts: dict[str, dict[str, t.Any]] = {
            name: {"connectivity_addresses": [address.removesuffix("/32")], "ansible_python_interpreter": self.answers(name)}
            for name, address in sorted(OWN.items())
        }

    def answers(self, host: str, **more: t.Any) -> str:
        """Make every module return this on a host."""
        program = self.directory / f"python_of_{host}"
        answer = json.dumps({"changed": False, "backend": "nftables", **more})
        program.write_text(f"#!/bin/sh\ncat >/dev/null </dev/null\ncat <<'END'\n{answer}\nEND\n")
        program.chmod(0o755)
        return str(program)

    def run(self, playbook: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a playbook of ours, or the text of one."""
        inventory = self.directory / "hosts.yml"
        own = {"connectivity_memberships": [STATION], "ansible_connection": "local", "ansible_become": False}
        inventory.write_text(yaml.safe_dump({"all": {"vars": own, "hosts": self.hosts}}, sort_keys=False))
        path = ROOT / "playbooks" / playbook
        if not playbook.endswith(".yml"):
            path = self.directory / "play.yml"
            path.write_text(textwrap.dedent(playbook).replace("PLAYBOOKS", str(ROOT / "playbooks")))
        command = [sys.executable, "-m", "ansible", "playbook", "-i", str(inventory), str(path), *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, cwd=self.directory, env={**os.environ, **self.environment}, check=False
        )

    def address_sets(self) -> dict[str, list[str]]:
        """Who the peers of the plan in ``plan`` are."""
        content: dict[str, list[str]] = json.loads((self.directory / "plan/plan.json").read_text())["address_sets"]
        return content


@pytest.fixture
def site(tmp_path: pathlib.Path) -> Site:
    return Site(tmp_path)


def said(run: subprocess.CompletedProcess[str]) -> str:
    """Everything that a run printed, in one line."""
    return re.sub(r"\s+", " ", run.stdout + run.stderr)


def recap(run: subprocess.CompletedProcess[str]) -> dict[str, bool]:
    """Host -> whether it failed."""
    return {host: failed != "0" for host, failed in re.findall(r"^(\w+) +: .* failed=(\d+)", run.stdout, re.MULTILINE)}


PLAN = """\
- hosts: all
  gather_facts: true
- import_playbook: PLAYBOOKS/plan.yml
"""


def test_facts_do_not_plan(site: Site) -> None:
    memberships = [{**STATION, "federation": "elsewhere"}]
    facts = {"connectivity_addresses": WIDE, "connectivity_plan": str(site.directory / "theirs"), "connectivity_memberships": memberships}
    site.answers("clinic", ansible_facts={**facts, "connectivity_reviewed_plan": "/nowhere", "connectivity_select": "[]"})
    run = site.run(PLAN, "-e", "connectivity_plan=plan")
    assert run.returncode == 0, said(run)
    assert site.address_sets() == {"linksight_north_data_station": sorted(OWN.values())}
    assert not (site.directory / "theirs").exists()
    for name in facts:
        assert f"host clinic: {name} stands in its facts and is ignored" in said(run)


def test_a_fact_cache_does_not_plan(site: Site) -> None:
    site.environment |= {"ANSIBLE_CACHE_PLUGIN": "jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(site.directory / "cache")}
    site.answers("clinic", ansible_facts={"connectivity_addresses": WIDE})
    assert site.run("- hosts: all").returncode == 0
    assert any("8.0.0.0" in path.read_text() for path in (site.directory / "cache").iterdir())
    run = site.run("plan.yml", "-e", "connectivity_plan=plan")
    assert site.address_sets() == {"linksight_north_data_station": sorted(OWN.values())}
    assert "host clinic: connectivity_addresses stands in its facts and is ignored" in said(run)


def test_no_fact_stands_for_an_option_that_is_not_given(site: Site) -> None:
    site.answers("clinic", ansible_facts={"omit": str(site.directory / "theirs")})
    for playbook in ("plan.yml", "audit.yml", "verify.yml"):
        run = site.run(PLAN.replace("plan.yml", playbook))
        assert "host clinic: omit stands in its facts and is ignored" in said(run)
        assert recap(run)["clinic"] is (playbook != "plan.yml")
    assert not (site.directory / "theirs").exists()


def test_what_plays_made_of_answers_does_not_plan(site: Site) -> None:
    (site.directory / "more.yml").write_text("connectivity_contact: from a file")
    run = site.run(
        """\
        - hosts: clinic
          gather_facts: false
          tasks:
            - ansible.builtin.stat: {path: /}
              register: connectivity_networks
            - ansible.builtin.set_fact: {connectivity_addresses: [8.0.0.0/5]}
            - ansible.builtin.include_vars: more.yml
        - import_playbook: PLAYBOOKS/plan.yml
        """,
        *("-e", "connectivity_plan=plan"),
    )
    assert run.returncode == 0, said(run)
    assert site.address_sets() == {"linksight_north_data_station": sorted(OWN.values())}
    assert "host clinic: connectivity_addresses stands in a set_fact or register and is ignored" in said(run)
    assert "host clinic: connectivity_networks stands in a set_fact or register and is ignored" in said(run)
    assert "host clinic: connectivity_contact stands in an include_vars and is ignored" in said(run)


def test_an_answer_changes_no_variables_of_other_hosts(site: Site) -> None:
    site.answers("clinic", add_host={"host_name": "hospital", "groups": [], "host_vars": {"connectivity_addresses": WIDE}})
    run = site.run(PLAN, "-e", "connectivity_plan=plan")
    assert run.returncode == 0, said(run)
    assert site.address_sets() == {"linksight_north_data_station": sorted(OWN.values())}


def test_templates_see_no_facts(site: Site) -> None:
    site.answers("clinic", ansible_facts={"wan": "198.51.100.99", "ansible_default_ipv4": {"address": "198.51.100.98"}})
    site.hosts["clinic"]["connectivity_addresses"] = ["{{ wan }}", "{{ ansible_default_ipv4.address }}"]
    site.hosts["hospital"]["connectivity_addresses"] = ["{{ hostvars['clinic']['wan'] }}"]
    run = site.run(PLAN, "-e", "connectivity_plan=plan")
    assert run.returncode != 0
    assert "2 errors; nothing was planned" in said(run)
    assert "it asks for ansible_default_ipv4, wan, but what a host returns (facts, set_fact, register) is never configuration" in said(run)
    assert not (site.directory / "plan").exists()


def test_play_variables_and_results_of_our_own_steps_count(site: Site) -> None:
    run = site.run(
        """\
        - hosts: all
          gather_facts: false
          vars: {connectivity_addresses: ["192.0.2.{{ 7 if inventory_hostname == 'clinic' else 8 }}"]}
          tasks:
            - federated.connectivity.required_rules: {plan: plan}
              run_once: true
              register: planned
        - hosts: localhost
          gather_facts: false
          tasks:
            - federated.connectivity.required_rules: {plan: another}
              register: elsewhere
        - hosts: all
          gather_facts: false
          tasks:
            - ansible.builtin.include_role: {name: federated.connectivity.firewall}
              vars: {firewall_plan: "{{ item }}"}
              loop: ["{{ planned.plan }}", "{{ hostvars['localhost'].elsewhere.plan }}"]
        """,
    )
    assert site.address_sets() == {"linksight_north_data_station": ["192.0.2.7/32", "192.0.2.8/32"]}
    assert run.returncode == 0, said(run)


@pytest.mark.parametrize(("playbook", "prefix"), [("verify.yml", "verify"), ("audit.yml", "audit")])
def test_facts_write_no_report(site: Site, playbook: str, prefix: str) -> None:
    profile = site.directory / ".bashrc"
    profile.write_text("export EDITOR=vi\n")
    facts = {f"{prefix}_report": "~/.bashrc", f"{prefix}_peers_maximum": 0, "connectivity_reviewed_plan": "/nowhere"}
    site.answers("clinic", ansible_facts=facts)
    run = site.run(PLAN.replace("plan.yml", playbook))
    assert profile.read_text() == "export EDITOR=vi\n"
    assert recap(run)["clinic"]
    for name in facts:
        assert f"host clinic: {name} stands in its facts and is ignored" in said(run)
    assert not any(f"host hospital: {name}" in said(run) for name in facts)
    assert "peers_maximum is 0" not in said(run)


def test_a_host_whose_answer_to_us_sets_our_variables_fails(site: Site) -> None:
    site.answers("clinic", ansible_facts={"connectivity_addresses": WIDE, "verify_report": "~/.bashrc", "their_own": 1})
    run = site.run("site.yml", "--skip-tags", "verify")
    assert recap(run)["clinic"]
    assert "it sets connectivity_addresses, verify_report, which only the operator may set" in said(run)


def test_a_host_that_tries_is_not_changed_and_others_are(site: Site) -> None:
    site.answers("clinic", ansible_facts={"firewall_state": "absent", "connectivity_managed": False})
    run = site.run(PLAN.replace("plan.yml", "site.yml"), "--skip-tags", "verify")
    assert recap(run)["clinic"]
    assert "host clinic is not changed, because it may have tried to configure this collection" in said(run)
    assert re.search(r"TASK \[federated.connectivity.firewall : Enforce the host's policy\] \*+\n(?!.*clinic)", run.stdout)


def test_an_option_of_the_run_has_one_value(site: Site) -> None:
    site.hosts["clinic"]["verify_peers_maximum"] = 1
    site.hosts["hospital"]["verify_peers_maximum"] = 2
    run = site.run("verify.yml")
    assert run.returncode != 0
    assert "verify_peers_maximum must be the same for all hosts of a run, but it is 1 on host clinic and 2 on host hospital" in said(run)


@pytest.mark.parametrize("first", ["clinic", "hospital"])
def test_the_reviewed_plan_is_the_same_for_all_hosts(site: Site, first: str) -> None:
    site.hosts[first]["connectivity_reviewed_plan"] = "reviewed"
    run = site.run("plan.yml", "-e", "connectivity_plan=plan")
    assert run.returncode != 0
    assert "connectivity_reviewed_plan must be the same for all hosts of a run" in said(run)
    assert not (site.directory / "plan").exists()


@pytest.mark.parametrize(
    ("given", "platform"),
    [("{}", "linux"), ('{"connectivity_firewall": "ufw"}', "linux"), ('{"connectivity_firewall": "windows"}', "windows")],
)
def test_windows_firewall_implies_the_platform(site: Site, given: str, platform: str) -> None:
    play = "- hosts: all\n  gather_facts: false\n  tasks:\n"
    play += "    - federated.connectivity.operator_options: {names: [connectivity_platform]}\n      register: own\n"
    play += "    - ansible.builtin.debug: {msg: \"it is {{ own['connectivity_platform'] }}\"}\n"
    run = site.run(play, "-e", given)
    assert run.returncode == 0, said(run)
    assert set(re.findall(r"it is (\w+)", run.stdout)) == {platform}


@pytest.mark.every_run("Judge-verify", "Choose-audit")
@pytest.mark.parametrize("role", ["verify", "audit"])
@pytest.mark.parametrize("first", ["Judge", "Choose"])
def test_a_run_that_begins_in_the_middle_judges_nothing_that_a_fact_cache_holds(site: Site, role: str, first: str) -> None:
    """A host has left a whole run in the fact cache: what was chosen, the options, and a file to be written."""
    site.environment |= {"ANSIBLE_CACHE_PLUGIN": "jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(site.directory / "cache")}
    report, plan = site.directory / "report.json", site.directory / "plan"
    assert site.run("plan.yml", "-e", f"connectivity_plan={plan}").returncode == 0
    run = {
        f"{role}_plan": str(plan),
        f"{role}_strangers": "x",
        f"{role}_peers_maximum": 1,
        f"{role}_partners": False,
        f"{role}_strict": False,
        f"{role}_report": str(report),
        "controller_record": "0" * 32,
    }
    facts = {f"{role}_chosen": {"hosts": {}, "plan": str(plan), "token": "x"}, f"{role}_run": run}
    for host in OWN:
        site.answers(host, ansible_facts=facts)
    assert site.run("[{hosts: all, gather_facts: false, tasks: [ansible.builtin.setup: {}]}]").returncode == 0
    name = {"Judge": "Judge", "Choose": {"verify": "Choose what to prove", "audit": "Choose what to look at"}[role]}[first]
    play = f"""
        - hosts: all
          gather_facts: false
          roles: [federated.connectivity.{role}]
    """
    done = site.run(play, "--start-at-task", f"federated.connectivity.{role} : {name}")
    assert "is not the result of an earlier task of this run" in said(done)
    assert not report.exists()


@pytest.mark.every_run("firewall", "verify")
@pytest.mark.parametrize("role", ["firewall", "docker_proxy", "dpi_exclusion", "verify", "audit"])
def test_a_role_without_its_plan_asks_its_host_nothing(site: Site, role: str) -> None:
    """Hosts whose Python writes a line into a file: none of them is asked anything."""
    program = site.directory / "asked"
    program.write_text(f"#!/bin/sh\necho asked >>{site.directory}/asked.log\n")
    program.chmod(0o755)
    for host in site.hosts.values():
        host["ansible_python_interpreter"] = str(program)
    play = f"""\
        - hosts: all
          gather_facts: false
          tasks:
            - ansible.builtin.include_role: {{name: federated.connectivity.{role}}}
        """
    run = site.run(play)
    assert run.returncode != 0
    assert f"{role}_plan" in said(run)
    run = site.run(play, "-e", f"{role}_plan={site.directory}", "-e", "connectivity_select=[?necesity]")
    assert run.returncode != 0
    assert f"connectivity_select is '[?necesity]', but a selection is for looking at a plan, not for the role {role}" in said(run)
    assert not (site.directory / "asked.log").exists()


def test_a_plan_that_would_lose_a_host_is_not_written_unless_that_is_meant(site: Site) -> None:
    assert site.run("plan.yml", "-e", "connectivity_plan=plan").returncode == 0
    before = (site.directory / "plan/plan.json").read_text()
    site.hosts["hospital"]["connectivity_managed"] = False
    run = site.run("plan.yml", "-e", "connectivity_plan=plan")
    assert run.returncode != 0
    assert "host hospital would no longer be managed" in said(run)
    assert (site.directory / "plan/plan.json").read_text() == before
    assert site.run("plan.yml", "-e", "connectivity_plan=plan", "-e", "connectivity_allow_shrink=true").returncode == 0
    assert (site.directory / "plan/plan.json").read_text() != before


def test_a_narrowed_plan_is_for_looking(site: Site) -> None:
    assert site.run("plan.yml", "-e", "connectivity_plan=plan", "-e", "connectivity_select=[?direction=='ingress']").returncode == 0
    for playbook in ("site.yml", "verify.yml", "audit.yml"):
        run = site.run(playbook, "-e", f"connectivity_reviewed_plan={site.directory}/plan")
        assert run.returncode != 0
        assert "the plan is narrowed by the selection \"[?direction=='ingress']\", so rules are missing" in said(run)


@pytest.mark.every_run("True-site.yml", "False-verify.yml")
@pytest.mark.parametrize("playbook", ["site.yml", "verify.yml", "audit.yml"])
@pytest.mark.parametrize("reviewed", [False, True])
def test_what_applies_or_proves_a_plan_refuses_a_selection_before_it_plans(site: Site, playbook: str, reviewed: bool) -> None:
    assert site.run("plan.yml", "-e", "connectivity_plan=plan").returncode == 0
    plan = ("connectivity_reviewed_plan", "plan") if reviewed else ("connectivity_plan", "another")
    run = site.run(playbook, "-e", "=".join(plan), "-e", "connectivity_select=[?necesity]")
    assert run.returncode != 0
    assert "connectivity_select is [?necesity], but a selection is for looking at a plan" in said(run)
    assert "matches no rule" not in said(run)
    assert not (site.directory / "another").exists()


def test_letting_hosts_go_is_one_decision_of_the_run(site: Site) -> None:
    site.hosts["clinic"]["connectivity_allow_shrink"] = True
    run = site.run("plan.yml", "-e", "connectivity_plan=plan")
    assert run.returncode != 0
    assert "connectivity_allow_shrink must be the same for all hosts of a run, but it is True on host clinic and None on host" in said(run)
    assert not (site.directory / "plan").exists()
    assert site.run("plan.yml", "-e", "connectivity_plan=plan", "-e", "connectivity_allow_shrink=true").returncode == 0


@pytest.mark.parametrize("reviewed", [False, True])
def test_misspelt_names_are_refused_in_extra_variables_and_in_the_play_with_a_reviewed_plan_too(site: Site, reviewed: bool) -> None:
    assert site.run("plan.yml", "-e", "connectivity_plan=plan").returncode == 0
    site.hosts["hospital"]["firewall_confirm_timout"] = 9
    given = [*("-e", "conectivity_serial=1"), *(("-e", f"connectivity_reviewed_plan={site.directory}/plan") if reviewed else ())]
    run = site.run("site.yml", *given)
    assert run.returncode != 0
    assert "hosts clinic, hospital: conectivity_serial is not a variable of this collection (did you mean connectivity_serial?)" in said(
        run
    )
    assert "host hospital: firewall_confirm_timout is not a variable of this collection" in said(run)
    assert not any(ran for name, ran in recap(run).items() if name == "hospital")


@pytest.mark.parametrize("given", ["connectivity_reviewed_plan: plan", "connectivity_reviewed_plan = plan"])
def test_an_extra_variable_that_ansible_does_not_understand_is_refused(site: Site, given: str) -> None:
    run = site.run("plan.yml", "-e", "connectivity_plan=plan", "-e", given)
    assert run.returncode != 0
    assert "connectivity_reviewed_plan stands among the extra variables (-e) without a value" in said(run)
    assert not (site.directory / "plan").exists()


@pytest.mark.parametrize("name", ["connectivity_plan", "connectivity_reviewed_plan"])
@pytest.mark.parametrize("given", ["{}=", '{{"{}": null}}', '{{"{}": " "}}'])
def test_the_directory_of_a_plan_may_not_be_empty(site: Site, name: str, given: str) -> None:
    run = site.run("plan.yml", "-e", given.format(name))
    assert run.returncode != 0
    assert f"{name} is empty; give the directory of a plan, or leave {name} out" in said(run)


def test_misspelt_options_of_a_role_are_refused_in_the_play_that_has_it(site: Site) -> None:
    assert site.run("plan.yml", "-e", "connectivity_plan=plan").returncode == 0
    run = site.run(
        f"""\
        - hosts: all
          gather_facts: false
          vars: {{firewall_confirm_timout: 9, connectivity_zebra: 1}}
          roles:
            - role: federated.connectivity.firewall
              firewall_plan: {site.directory}/plan
        """
    )
    assert run.returncode != 0
    for name in ("firewall_confirm_timout", "connectivity_zebra"):
        assert f"{name} is not a variable of this collection" in said(run)
