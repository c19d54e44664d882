# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action on real inventories: what it reads, what it returns, and where it says that a mistake stands."""

from __future__ import annotations

import hashlib
import json
import pathlib
import types
import typing as t

import pytest
from ansible.errors import AnsibleActionFail
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

from ansible_collections.federated.connectivity.plugins.action.required_rules import ActionModule

INVENTORY = """\
stations:
  vars:
    station_port: 9443
    connectivity_memberships:
      - matrix: linksight
        federation: north
        roles: [data_station]
        options: {peer_http_port: "{{ station_port }}"}
  hosts:
    alpha: {public: 198.51.100.1, connectivity_addresses: ["{{ public }}"]}
    beta: {ansible_host: "{{ hostvars['alpha']['public'] | replace('100.1', '100.2') }}", connectivity_managed: "{{ 1 > 2 }}"}
    bystander: {connectivity_memberships: []}
ungrouped:
  hosts:
    localhost:
"""

Result = dict[str, t.Any]


class Runner:
    """Runs the action against an inventory directory, as a task of a play would."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.directory = directory

    def write(self, text: str, name: str = "hosts.yml") -> None:
        path = self.directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def __call__(self, check_mode: bool = False, diff: bool = False, **options: str) -> Result:
        loader = DataLoader()
        loader.set_basedir(str(self.directory))
        inventory = InventoryManager(loader, sources=[str(self.directory / "hosts.yml")])
        hostvars = HostVars(inventory, VariableManager(loader, inventory), loader)
        task = types.SimpleNamespace(args=options, check_mode=check_mode, diff=diff, async_val=0, action="required_rules")
        shell = types.SimpleNamespace(_shell=types.SimpleNamespace(tmpdir=None))
        action = ActionModule(task, shell, None, loader, Templar(loader), None)
        return action.run(
            task_vars={"hostvars": hostvars, "ansible_inventory_sources": [str(self.directory / "hosts.yml")], "playbook_dir": "/nowhere"}
        )


@pytest.fixture
def required_rules(plugins: None, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    monkeypatch.chdir(tmp_path)
    runner = Runner(tmp_path)
    runner.write(INVENTORY)
    return runner


def test_the_whole_inventory_is_read_and_templated_with_each_hosts_own_variables(required_rules: Runner, tmp_path: pathlib.Path) -> None:
    result = required_rules(plan="plan")
    assert {key: result[key] for key in ("changed", "plan", "managed", "unmanaged", "warnings")} == {
        "changed": True,
        "plan": str(tmp_path / "plan"),
        "managed": 2,
        "unmanaged": 1,
        "warnings": [],
    }
    assert result["summary"][0] == "linksight.north: 2 data_station"
    index = json.loads((tmp_path / "plan" / "plan.json").read_text())
    files = {name: (tmp_path / "plan" / "hosts" / f"{name}.json").read_bytes() for name in index["hosts"]}
    digests = {name: entry.pop("digest") for name, entry in index["hosts"].items()}
    assert digests == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert index["hosts"] == {
        "alpha": {"addresses": ["198.51.100.1"], "contact": None, "managed": True},
        "beta": {"addresses": ["198.51.100.2"], "contact": None, "managed": False},
        "bystander": {"addresses": [], "contact": None, "managed": True},
    }
    assert json.loads((tmp_path / "plan" / "hosts" / "beta.json").read_text())["memberships"][0]["options"]["peer_http_port"] == 9443


def test_a_second_run_changes_nothing(required_rules: Runner) -> None:
    required_rules(plan="plan")
    assert required_rules(plan="plan", diff=True)["changed"] is False


def test_without_a_directory_the_plan_is_temporary_and_nothing_changed(required_rules: Runner, tmp_path: pathlib.Path) -> None:
    result = required_rules()
    assert result["changed"] is False
    assert pathlib.Path(result["plan"], "hosts", "alpha.json").is_file()
    assert not pathlib.Path(result["plan"]).is_relative_to(tmp_path)


def test_check_mode_tells_what_would_change_and_plans_elsewhere(required_rules: Runner, tmp_path: pathlib.Path) -> None:
    result = required_rules(plan="plan", check_mode=True, diff=True)
    assert result["changed"] is True
    assert not (tmp_path / "plan").exists()
    assert pathlib.Path(result["plan"], "plan.json").is_file()
    shown = [change["after_header"] for change in result["diff"]]
    assert shown[:4] == ["hosts/alpha.json", "hosts/beta.json", "hosts/bystander.json", "plan.json"]
    assert shown[4:8] == ["traps.json", "hosts/alpha.md", "hosts/beta.md", "hosts/bystander.md"]
    assert all(name.startswith("inspection/") for name in shown[8:])
    required_rules(plan="plan")
    assert required_rules(plan="plan", check_mode=True)["changed"] is False


def test_select_narrows_the_plan(required_rules: Runner) -> None:
    plan = pathlib.Path(required_rules(select="[?flow=='peer_http' && direction=='ingress']")["plan"])
    (rule,) = json.loads((plan / "hosts" / "alpha.json").read_text())["rules"]
    assert rule["id"] == "linksight.north.peer_http.ingress"


MISTAKES = """\
    gamma:
      connectivity_memberships:
        - matrix: ./own.yml
          federation: north
          roles: [x]
    delta:
      connectivity_memberships: "{{ nowhere }}"
    epsilon:
      connectivity_memberships:
        - matrix: linksigth
"""


def test_mistakes_are_told_together_each_with_its_place(required_rules: Runner) -> None:
    required_rules.write("connectivity_networks: {management: 198.51.100.0/24}\n", "group_vars/all.yml")
    required_rules.write("matrix: own\nmatrix: own\n", "own.yml")
    required_rules.write(INVENTORY + MISTAKES)
    with pytest.raises(AnsibleActionFail) as refused:
        required_rules(plan="plan")
    count, *messages = str(refused.value).splitlines()
    assert count == "5 errors; nothing was planned:"
    assert [message.partition("; ")[0].partition(", such as")[0] for message in messages] == [
        "- group_vars/all.yml:1: hosts alpha, beta, bystander, delta, epsilon, gamma: connectivity_networks.management: must be a list",
        "- hosts.yml:22: host delta: connectivity_memberships: cannot be templated: 'nowhere' is undefined",
        "- hosts.yml:25: host epsilon: connectivity_memberships[0].matrix: unknown matrix 'linksigth'",
        "- hosts.yml:25: host epsilon: connectivity_memberships[0]: federation is missing: the group of hosts that work together",
        "- own.yml:2: duplicate key 'matrix'",
    ]


def test_few_warnings_are_shown_and_the_others_counted(required_rules: Runner) -> None:
    required_rules.write(
        "all:\n  vars: {connectivity_memberships: []}\n  hosts:\n"
        + "".join(f"    h{number:02}: {{connectivity_networks: {{net{number:02}: []}}}}\n" for number in range(25))
    )
    result = required_rules()
    assert result["warnings"][0] == "host h00: connectivity_networks.net00 is used by no matrix of the inventory"
    assert result["warnings"][20:] == ["... and 5 more warnings in plan.json"]


def test_a_wrong_option_is_refused(required_rules: Runner) -> None:
    with pytest.raises(Exception, match="plna"):
        required_rules(plna="plan")


def test_who_claims_too_many_addresses_is_told_with_the_place_that_no_plan_has(required_rules: Runner, tmp_path: pathlib.Path) -> None:
    required_rules.write(INVENTORY.replace('["{{ public }}"]', '["{{ public }}", 8.0.0.0/5]'))
    result = required_rules(plan=str(tmp_path / "plan"))
    said = "host alpha: wide-addresses: 8.0.0.0/5: 8.0.0.0/5 is wider than a /16 of public addresses"
    (warning,) = [warning for warning in result["warnings"] if "wide-addresses" in warning]
    assert warning.startswith(f"hosts.yml:10: {said}")
    index = json.loads((tmp_path / "plan" / "plan.json").read_text(encoding="utf-8"))
    assert [warning.startswith(said) for warning in index["warnings"] if "wide-addresses" in warning] == [True]


@pytest.mark.parametrize("check_mode", [True, False])
def test_what_a_link_in_the_plan_leads_to_is_neither_shown_nor_written(
    required_rules: Runner, tmp_path: pathlib.Path, check_mode: bool
) -> None:
    required_rules.write(INVENTORY)
    (tmp_path / "secret").write_text("vault password\n", encoding="utf-8")
    (tmp_path / "plan" / "hosts").mkdir(parents=True)
    (tmp_path / "plan" / "hosts" / "alpha.json").symlink_to(tmp_path / "secret")
    with pytest.raises(AnsibleActionFail, match=r"plan/hosts/alpha\.json is a symbolic link") as refused:
        required_rules(check_mode=check_mode, diff=True, plan=str(tmp_path / "plan"))
    assert "vault password" not in str(refused.value)
    assert (tmp_path / "secret").read_text(encoding="utf-8") == "vault password\n"
    assert not (tmp_path / "plan" / "plan.json").exists()


def test_misspelt_options_of_roles_and_of_the_run_are_refused_together(required_rules: Runner) -> None:
    required_rules.write(
        INVENTORY.replace(
            "    station_port: 9443\n",
            "    station_port: 9443\n    firewall_confirm_timout: 9\n    connectivity_reviwed_plan: x\n    firewall_ports: [1]\n",
        )
    )
    with pytest.raises(AnsibleActionFail) as refused:
        required_rules()
    message = str(refused.value)
    assert "firewall_confirm_timout is not a variable of this collection (did you mean firewall_confirm_timeout?)" in message
    assert "connectivity_reviwed_plan is not a variable of this collection (did you mean connectivity_reviewed_plan?)" in message
    assert "firewall_ports" not in message


GROUPS = """\
all:
  children:
    north: {hosts: {hospital: {ansible_host: 198.51.100.1}, partner: {ansible_host: 198.51.100.2}}}
    south: {hosts: {hospital: , partner: , other: {ansible_host: 198.51.100.3}}}
"""


def in_groups(runner: Runner, variable: str) -> Result:
    runner.write(GROUPS)
    for name in ("north", "south"):
        own = variable.replace("NAME", name)
        text = f"---\n{own}:\n  - {{matrix: linksight, federation: '{{{{ group }}}}', roles: [data_station]}}\n"
        runner.write(text.replace("{{ group }}", name if name == "south" else "{{ name_of_north }}"), f"group_vars/{name}.yml")
    runner.write("name_of_north: north\nconnectivity_networks: {dns_servers: [198.51.100.53]}\n", "group_vars/all.yml")
    runner.write("connectivity_networks: {management: [198.51.100.0/28]}\n", "host_vars/hospital.yml")
    return runner(plan="plan")


def test_what_one_group_replaces_of_another_is_told_with_both_places(required_rules: Runner, tmp_path: pathlib.Path) -> None:
    result = in_groups(required_rules, "connectivity_memberships")
    network, membership = result["warnings"]
    assert network == (
        "group_vars/all.yml:2: host hospital: replaced-variable: dns_servers: network dns_servers of group all is replaced by "
        "connectivity_networks of host hospital (host_vars/hospital.yml:1); write each as connectivity_networks_<name>, and they add up"
    )
    assert membership == (
        "group_vars/north.yml:3: hosts hospital, partner: replaced-variable: linksight.north: membership linksight.north of group north is "
        "replaced by connectivity_memberships of group south (group_vars/south.yml:3); write each as connectivity_memberships_<name>, and "
        "they add up"
    )
    index = json.loads((tmp_path / "plan" / "plan.json").read_text(encoding="utf-8"))
    assert [(finding["id"], finding["about"]) for finding in index["findings"]] == [
        ("replaced-variable", "dns_servers"),
        ("replaced-variable", "linksight.north"),
    ]
    assert not any("group_vars" in line for line in index["warnings"])


def test_variables_of_their_own_names_add_up(required_rules: Runner, tmp_path: pathlib.Path) -> None:
    result = in_groups(required_rules, "connectivity_memberships_NAME")
    assert [warning for warning in result["warnings"] if "membership" in warning] == []
    assert result["summary"][:2] == ["linksight.north: 2 data_station", "linksight.south: 3 data_station"]
