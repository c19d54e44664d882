# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Our playbooks inside a playbook of somebody else: they leave its other jobs alone, and never end well with nothing done."""

from __future__ import annotations

import difflib
import json
import os
import pathlib
import subprocess
import sys

import pytest
import yaml

PLAYBOOKS = pathlib.Path(__file__).parents[3] / "playbooks"
INVENTORY = """
all:
  vars:
    ansible_connection: local
    ansible_python_interpreter: PYTHON
    connectivity_memberships: [{matrix: linksight, federation: north, roles: [data_station]}]
  hosts:
    alpha: {connectivity_addresses: [198.51.100.10], connectivity_managed: false}
    hospital: {connectivity_addresses: [203.0.113.20]}
"""
PLAYBOOK = """
- ansible.builtin.import_playbook: federated.connectivity.site
- hosts: all
  gather_facts: false
  tags: [apps]
  tasks:
    - name: Configure the application
      ansible.builtin.debug: {msg: configured}
"""
PLAN = "Compute the required rules of every host"
ENFORCE = "firewall : Read the options of this host"
PROVE = "verify : Choose what to prove"


class Said:
    """What ansible-playbook said, and how it ended."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.code = done.returncode
        self.text = done.stdout + done.stderr
        self.words = " ".join(self.text.split())

    def ran(self, task: str) -> bool:
        return any(line.startswith("TASK [") and task in line for line in self.text.splitlines())


def play(directory: pathlib.Path, *arguments: str, inventory: str = INVENTORY, playbook: str = PLAYBOOK, answers: str = "") -> Said:
    (directory / "hosts.yml").write_text(inventory.replace("PYTHON", sys.executable))
    (directory / "play.yml").write_text(playbook)
    command = [pathlib.Path(sys.executable).with_name("ansible-playbook"), "-i", "hosts.yml", "play.yml", *arguments]
    environment = {
        name: value for name, value in os.environ.items() if name == "ANSIBLE_COLLECTIONS_PATH" or not name.startswith("ANSIBLE_")
    }
    return Said(subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, input=answers))


def test_other_jobs_need_no_plan(tmp_path: pathlib.Path) -> None:
    """An error in a membership stops what needs the plan, and nothing else."""
    wrong = INVENTORY.replace("data_station", "data_statoin")
    other = play(tmp_path, "--tags", "apps", inventory=wrong)
    assert other.code == 0
    assert other.ran("Configure the application")
    assert not other.ran(PLAN)
    ours = play(tmp_path, "--tags", "firewall", "--check", inventory=wrong)
    assert ours.code != 0
    assert "data_statoin" in ours.text


@pytest.mark.parametrize("tag", ["firewall", "docker_proxy", "dpi_exclusion", "verify", "in_force", "listeners", "probes"])
def test_every_job_of_ours_gets_its_plan(tmp_path: pathlib.Path, tag: str) -> None:
    listed = play(tmp_path, "--tags", tag, "--list-tasks")
    assert listed.code == 0
    assert PLAN in listed.text


@pytest.mark.parametrize("tag", ["audit", "tls"])
def test_the_audit_gets_its_plan(tmp_path: pathlib.Path, tag: str) -> None:
    listed = play(tmp_path, "--tags", tag, "--list-tasks", playbook="- ansible.builtin.import_playbook: federated.connectivity.audit\n")
    assert PLAN in listed.text


@pytest.mark.parametrize("playbook", ["why", "check", "drift", "refused", "report", "trace"])
def test_a_playbook_that_is_run_by_its_own_tag_gets_its_plan(tmp_path: pathlib.Path, playbook: str) -> None:
    wanted = f"- ansible.builtin.import_playbook: federated.connectivity.{playbook}\n"
    assert PLAN in play(tmp_path, "--tags", playbook, "--list-tasks", playbook=wanted).text


@pytest.mark.parametrize("skipped", ["always", "verify", "docker_proxy,dpi_exclusion"])
def test_tags_that_are_skipped_take_no_plan_from_what_is_left(tmp_path: pathlib.Path, skipped: str) -> None:
    listed = play(tmp_path, "--skip-tags", skipped, "--list-tasks")
    assert PLAN in listed.text
    assert ENFORCE in listed.text
    assert (PROVE in listed.text) == (skipped != "verify")


@pytest.mark.parametrize("playbook", ["site", "remove"])
def test_a_run_without_a_managed_host_is_an_error(tmp_path: pathlib.Path, playbook: str) -> None:
    done = play(tmp_path, "--limit", "alpha", "--check", playbook=f"- ansible.builtin.import_playbook: federated.connectivity.{playbook}\n")
    assert done.code != 0
    assert "None of the 1 hosts of this run is managed, so nothing would be configured" in done.words


def test_without_the_plan_nothing_is_enforced_and_the_run_fails(tmp_path: pathlib.Path) -> None:
    done = play(tmp_path, "--skip-tags", "plan", "--check")
    assert done.code != 0
    assert "firewall_plan is missing" in done.words


@pytest.mark.parametrize("option", ["--syntax-check", "--list-tasks", "--list-tags", "--list-hosts"])
def test_playbooks_are_listed_without_a_warning(tmp_path: pathlib.Path, option: str) -> None:
    names = ("plan", "site", "verify", "audit", "remove")
    listed = play(
        tmp_path, option, playbook="".join(f"- ansible.builtin.import_playbook: federated.connectivity.{name}\n" for name in names)
    )
    assert listed.code == 0
    assert "WARNING" not in listed.text
    assert "ERROR" not in listed.text


WHOLE = "Run the whole playbook, without --start-at-task"
FIREWALL, DOCKER, NOTE, VERIFY, AUDIT = (
    f"federated.connectivity.{role} : " for role in ("firewall", "docker_proxy", "dpi_exclusion", "verify", "audit")
)


@pytest.mark.parametrize(
    ("playbook", "task", "said"),
    [
        ("site", "Sum up", WHOLE),
        ("site", "Group the hosts that are ours to configure", WHOLE),
        ("site", "Stop where no host is ours to configure", WHOLE),
        ("site", FIREWALL + "Enforce the host's policy", WHOLE),
        ("site", DOCKER + "Look at what would change", WHOLE),
        ("site", NOTE + "Install or remove the note", WHOLE),
        ("site", VERIFY + "Read the options of the run", "verify_plan is missing"),
        ("site", VERIFY + "Try every connection", WHOLE),
        ("site", VERIFY + "Judge", WHOLE),
        ("site", VERIFY + "Show what was proven", "nothing was judged"),
        ("site", VERIFY + "Sum up", "nothing was judged"),
        ("audit", AUDIT + "Judge", WHOLE),
        ("audit", AUDIT + "Show what was seen", "nothing was judged"),
        ("remove", FIREWALL + "Enforce the host's policy", WHOLE),
        ("remove", "Sum up", WHOLE),
    ],
)
def test_a_run_that_starts_in_its_middle_says_why_it_cannot(tmp_path: pathlib.Path, playbook: str, task: str, said: str) -> None:
    """It never ends well with nothing done, and touches no host."""
    imported = f"- ansible.builtin.import_playbook: federated.connectivity.{playbook}\n"
    done = play(tmp_path, "--start-at-task", task, playbook=imported)
    assert done.code == 2
    assert said in done.words
    assert "is undefined" not in done.text
    assert "changed=1" not in done.text


def test_a_step_that_is_left_out_is_missed(tmp_path: pathlib.Path) -> None:
    """With --step, "no" to what finds the managed hosts is not a run that ends well."""
    site = "- ansible.builtin.import_playbook: federated.connectivity.site\n"
    answers = [*"y" * 5, *"nnn", *"y" * 20]
    done = play(tmp_path, "--step", "--check", "--tags", "firewall,plan", playbook=site, answers="\n".join(answers))
    assert done.code == 2
    assert WHOLE in done.words


def test_options_of_ours_that_are_wrong_leave_other_jobs_alone(tmp_path: pathlib.Path) -> None:
    wrong = INVENTORY.replace("  vars:", "  vars:\n    verify_timeout: soon\n    firewall_backend: ipchains")
    other = play(tmp_path, "--tags", "apps", inventory=wrong)
    assert other.code == 0, other.text
    assert other.ran("Configure the application")
    assert play(tmp_path, "--tags", "firewall", "--check", inventory=wrong).code == 2


def test_the_whole_has_a_tag_of_the_importer(tmp_path: pathlib.Path) -> None:
    site = "- ansible.builtin.import_playbook: federated.connectivity.site\n  tags: [network]\n"
    listed = play(tmp_path, "--tags", "network", "--list-tasks", playbook=site)
    assert all(task in listed.text for task in (PLAN, ENFORCE, PROVE))
    done = play(tmp_path, "--tags", "network", "--check", "--skip-tags", "docker_proxy,dpi_exclusion", playbook=site)
    assert done.code == 0, done.text
    assert done.ran("Enforce the host's policy")


def test_what_enforces_can_be_listed(tmp_path: pathlib.Path) -> None:
    listed = play(tmp_path, "--list-tasks", "--tags", "firewall")
    assert "firewall : Enforce the host's policy" in listed.text


def test_a_plan_changes_no_host(tmp_path: pathlib.Path) -> None:
    """The first host of the inventory is a partner's; the plan is written on the controller."""
    plan = "- ansible.builtin.import_playbook: federated.connectivity.plan\n"
    done = play(tmp_path, "-e", f"connectivity_plan={tmp_path}/out", playbook=plan)
    assert (tmp_path / "out/plan.json").is_file()
    assert "changed=0" in done.text
    assert "changed:" not in done.text
    again = play(tmp_path, "-e", f"connectivity_plan={tmp_path}/new", "--check", "--diff", playbook=plan)
    assert "after: plan.json" in again.text


def test_the_sum_stands_above_the_recap(tmp_path: pathlib.Path) -> None:
    done = play(tmp_path, playbook="- ansible.builtin.import_playbook: federated.connectivity.plan\n")
    above = done.text.partition("PLAY RECAP")[0].rsplit("TASK [", 1)[1]
    assert above.startswith("Sum up]")
    assert "Planned: 7 rules for 1 managed hosts" in above


def test_check_mode_does_not_say_what_the_host_now_allows(tmp_path: pathlib.Path) -> None:
    done = play(tmp_path, "--check", "--tags", "firewall")
    assert done.ran("Show what the host would allow")
    assert not done.ran("now allows")


def federation(address: str) -> str:
    """Forty hosts of ours and ten partners, of which one has another address."""
    ours = [f"    h{number:02}: {{connectivity_addresses: [198.51.100.{number}, '2001:db8:{number}::1']}}" for number in range(1, 41)]
    partners = {number: f"203.0.113.{number}" for number in range(1, 11)} | {7: address}
    theirs = [
        f"    p{number:02}: {{connectivity_addresses: [{own}, '2001:db8:{100 + number}::1'], connectivity_managed: false}}"
        for number, own in partners.items()
    ]
    return "\n".join([INVENTORY.partition("    alpha:")[0].rstrip(), *ours, *theirs, ""])


def test_one_changed_address_of_fifty_hosts_is_a_short_diff(tmp_path: pathlib.Path) -> None:
    files = list[dict[str, list[str]]]()
    for address in ("203.0.113.7", "203.0.113.77"):
        out = tmp_path / address
        done = play(
            tmp_path,
            "-e",
            f"connectivity_plan={out} connectivity_allow_shrink=true",
            inventory=federation(address),
            playbook="- ansible.builtin.import_playbook: federated.connectivity.plan\n",
        )
        assert done.code == 0, done.text
        paths = [path for path in out.rglob("*") if path.is_file()]
        files.append({path.relative_to(out).as_posix(): path.read_text().splitlines() for path in paths})
    before, after = files
    assert before.keys() == after.keys()
    changed = {
        name: [line for line in difflib.ndiff(before[name], after[name]) if line[0] in "+-"]
        for name in before
        if before[name] != after[name]
    }
    assert set(changed) == {
        "plan.json",
        "hosts/p07.json",
        "hosts/p07.md",
        *(f"inspection/sites/all.{kind}" for kind in ("json", "md", "txt")),
    }
    assert sum(map(len, changed.values())) <= 24


def test_tags_that_are_computed_stand_on_blocks() -> None:
    """ansible-core 2.18 and earlier do not template the tags of a play: its tasks would not run, and the run would end well."""
    plays = [each for path in PLAYBOOKS.glob("*.yml") for each in yaml.safe_load(path.read_text(encoding="utf-8"))]
    assert any("block" in task for each in plays for task in each.get("tasks", ()))
    assert [each["name"] for each in plays if "{{" in str(each.get("tags", "")) or "always" in each.get("tags", ())] == []


@pytest.mark.parametrize(
    ("playbook", "reviewed", "why"),
    [
        ("plan", False, "no host defines connectivity_memberships"),
        ("site", False, "no host defines connectivity_memberships"),
        ("verify", True, "the inventory has no host"),
        ("why", True, "the inventory has no host"),
        ("remove", False, "None of the 1 hosts of this run is managed"),
        ("observe", False, "the inventory has no host to watch"),
    ],
)
def test_an_inventory_without_hosts_is_an_error(tmp_path: pathlib.Path, playbook: str, reviewed: bool, why: str) -> None:
    asked: dict[str, object] = {"connectivity_matrix": f"{tmp_path}/own.yml", "connectivity_observe_processes": ["sshd"]}
    if reviewed:
        asked["connectivity_reviewed_plan"] = str(tmp_path)
    ours = f"- ansible.builtin.import_playbook: federated.connectivity.{playbook}\n"
    done = play(tmp_path, "-e", json.dumps(asked), inventory="", playbook=ours)
    assert done.code != 0
    assert why in done.words
