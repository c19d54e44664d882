# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A team's repository, as Ansible reads it: secrets, files that have no effect, replaced variables, matrices in the wrong place."""

from __future__ import annotations

import json
import pathlib
import shutil
import textwrap

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret
from test_operator_options import ROOT, STATION, Site, said

PROXY = "connectivity_forward_proxy: {https_proxy: 'http://proxy.example.org:3128', username: north, password: PASSWORD}\n"


@pytest.fixture
def site(tmp_path: pathlib.Path) -> Site:
    return Site(tmp_path)


def put(site: Site, name: str, text: str) -> None:
    path = site.directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def content(plan: pathlib.Path) -> dict[str, bytes]:
    return {str(path.relative_to(plan)): path.read_bytes() for path in plan.rglob("*") if path.is_file()}


def test_a_password_that_cannot_be_decrypted_gives_the_same_plan(site: Site) -> None:
    secret = VaultLib([("default", VaultSecret(b"of the vault"))]).encrypt("s3cret").decode()
    put(site, "group_vars/all.yml", PROXY.replace("PASSWORD", "s3cret"))
    assert site.run("plan.yml", "-e", "connectivity_plan=plain").returncode == 0
    encrypted = f"proxy_password: !vault |\n{textwrap.indent(secret, '  ')}"
    put(site, "group_vars/all.yml", PROXY.replace("PASSWORD", "'{{ proxy_password }}'") + encrypted)
    run = site.run("plan.yml", "-e", "connectivity_plan=encrypted")
    assert run.returncode == 0, said(run)
    direct = "\n".join(
        (
            "connectivity_forward_proxy:",
            "  https_proxy: http://proxy.example.org:3128",
            "  username: north",
            "  password: !vault |",
            textwrap.indent(secret, "    "),
        )
    )
    put(site, "group_vars/all.yml", direct)
    run = site.run("plan.yml", "-e", "connectivity_plan=direct")
    assert run.returncode == 0, said(run)
    plain = content(site.directory / "plain")
    assert b'"authenticated": true' in plain["hosts/clinic.json"]
    assert plain == content(site.directory / "encrypted") == content(site.directory / "direct")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (
            PROXY.replace("PASSWORD", "'{{ proxy_pasword }}'"),
            "connectivity_forward_proxy: cannot be templated: 'proxy_pasword' is undefined",
        ),
        (
            "connectivity_forward_proxy:\n  https_proxy: !vault |\nSECRET",
            "https_proxy: is encrypted and cannot be decrypted here, but the plan",
        ),
        (
            "connectivity_forward_proxy: !vault |\nSECRET",
            "connectivity_forward_proxy: is encrypted and cannot be decrypted here, but the plan",
        ),
    ],
)
def test_what_the_plan_needs_must_be_readable(site: Site, text: str, answer: str) -> None:
    secret = VaultLib([("default", VaultSecret(b"of the vault"))]).encrypt("http://proxy.example.org:3128").decode()
    put(site, "group_vars/all.yml", text.replace("SECRET", textwrap.indent(secret, "    ")))
    run = site.run("plan.yml")
    assert run.returncode != 0
    assert answer in said(run)
    assert secret.split()[1] not in said(run)


def test_an_error_comes_with_what_may_be_its_cause(site: Site) -> None:
    """The host replaces the networks of all, and the file of a group that nobody has is not read."""
    put(site, "group_vars/all.yml", "connectivity_networks: {users: [192.0.2.0/27]}\n")
    put(site, "host_vars/clinic.yml", "connectivity_networks: {management: [192.0.2.128/28]}\n")
    put(site, "host_vars/hospitl.yml", "connectivity_networks_own: {users: [192.0.2.64/27]}\n")
    for own in site.hosts.values():
        own["connectivity_memberships"] = [{**STATION, "roles": ["data_station", "analysis_hub"]}]
    run = site.run("plan.yml")
    assert run.returncode != 0
    assert "host clinic: linksight.north needs the network users for hub_frontend, hub_api; define connectivity_networks.users" in said(run)
    lost = "network users of group all is replaced by connectivity_networks of host clinic (host_vars/clinic.yml:1); write each as"
    assert f"group_vars/all.yml:1: host clinic: replaced-variable: users: {lost}" in said(run)
    assert "perhaps the cause: host_vars/hospitl.yml has no effect: the inventory has no host hospitl (did you mean hospital?)" in said(run)


def test_what_the_alphabet_decides_between_two_groups_is_found(site: Site) -> None:
    """A host of ours is by accident among the partners; what a group inside another says, or the host itself, is meant."""
    put(
        site,
        "groups.yml",
        textwrap.dedent("""\
            all:
              children:
                hospitals:
                  hosts: {clinic: , hospital: }
                  vars: {connectivity_managed: true, connectivity_phases: [install, run], connectivity_defaults: {ingress: deny}}
                  children:
                    inside: {hosts: {clinic: }, vars: {connectivity_phases: [run]}}
                partners:
                  hosts: {clinic: , hospital: }
                  vars: {connectivity_managed: false, connectivity_defaults: {ingress: unchanged}}
        """),
    )
    site.hosts["hospital"]["connectivity_managed"] = True
    run = site.run("plan.yml", "-i", "groups.yml", "-e", "connectivity_plan=plan")
    assert run.returncode == 0, said(run)
    lost = "of group hospitals is replaced by that of group partners"
    alone = "because of the order of the alphabet alone; let both say the same, or write it into the variables of the host"
    assert f"host clinic: replaced-variable: connectivity_managed: connectivity_managed {lost}, {alone}" in said(run)
    assert f"groups.yml:5: hosts clinic, hospital: replaced-variable: connectivity_defaults: connectivity_defaults {lost} (" in said(run)
    found = [one for one in json.loads((site.directory / "plan/plan.json").read_text())["findings"] if one["id"] == "replaced-variable"]
    assert [(one["about"], one["hosts"]) for one in found] == [
        ("connectivity_defaults", ["clinic", "hospital"]),
        ("connectivity_managed", ["clinic"]),
    ]


def test_a_matrix_in_an_inventory_directory_is_one_warning_that_says_where_to_move_it(site: Site) -> None:
    site.environment["ANSIBLE_INVENTORY_IGNORE_REGEX"] = "^nothing$"  # make sets it in the environment of all tests
    matrix = ROOT / "plugins/plugin_utils/matrices/linksight.yml"
    put(site, "prod/matrices/ours.yml", matrix.read_text().replace("matrix: linksight", "matrix: ours"))
    for own in site.hosts.values():
        own["connectivity_memberships"] = [{**STATION, "matrix": "matrices/ours.yml"}]
    assert site.run("plan.yml").returncode != 0  # writes the inventory, beside which there is no such file
    shutil.copy(site.directory / "hosts.yml", site.directory / "prod")
    site.hosts.clear()
    run = site.run("plan.yml", "-i", "prod")
    assert run.returncode == 0, said(run)
    assert "Skipping" in run.stderr
    assert "prod/matrices/ours.yml is a matrix, but it lies in the inventory directory prod. Ansible reads each file there" in said(run)
    site.environment["ANSIBLE_INVENTORY_IGNORE_REGEX"] = "^matrices$"
    ignoring = site.run("plan.yml", "-i", "prod")
    assert "Skipping" not in ignoring.stderr
    assert "is a matrix" not in ignoring.stderr
    site.environment["ANSIBLE_INVENTORY_IGNORE_REGEX"] = "^nothing$"
    (site.directory / "prod/matrices").rename(site.directory / "matrices")
    moved = site.run("plan.yml", "-i", "prod")
    assert moved.returncode == 0, said(moved)
    assert "Skipping" not in moved.stderr
    assert "is a matrix" not in moved.stderr


def test_a_group_without_hosts_is_named_if_it_sets_variables_of_ours(site: Site) -> None:
    group = "linksight_south"
    put(site, "more.yml", f"{group}: {{hosts: , vars: {{connectivity_defaults: {{ingress: deny}}}}}}\nempty: {{hosts: }}\n")
    put(
        site,
        f"group_vars/{group}.yml",
        "connectivity_memberships_south: [{matrix: linksight, federation: south, roles: [data_station]}]\nx: 1\n",
    )
    put(site, "group_vars/empty.yml", "application_port: 80\n")
    run = site.run("plan.yml", "-i", str(site.directory / "more.yml"))
    assert run.returncode == 0, said(run)
    for name in ("connectivity_defaults", "connectivity_memberships_south"):
        assert f"{name} of group {group} has no effect, because the group has no hosts" in said(run)
    assert said(run).count("has no effect") == 2
    put(site, f"group_vars/{group}.yml", "$ANSIBLE_VAULT;1.1;AES256\n3132\n")
    assert site.run("plan.yml", "-i", str(site.directory / "more.yml")).returncode == 0


def test_a_damaged_earlier_plan_is_named(site: Site) -> None:
    put(site, "plan/plan.json", "<<<<<<< ours\n{}\n")
    run = site.run("plan.yml", "-e", "connectivity_plan=plan")
    assert "plan/plan.json, the plan that was there before, is damaged. So nothing was compared" in said(run)


def test_acceptances_of_two_groups_are_named_where_the_alphabet_decides(site: Site) -> None:
    put(site, "more.yml", "aaa: {hosts: {hospital: }}\nbbb: {hosts: {hospital: }}\n")
    for group, flow in (("aaa", "one"), ("bbb", "two")):
        put(site, f"group_vars/{group}.yml", f"connectivity_accepted_findings: [{{id: uncertain-flow, about: {flow}, reason: known}}]\n")
    words = said(site.run("plan.yml", "-i", str(site.directory / "more.yml")))
    name = "connectivity_accepted_findings"
    assert (
        f"{name} of group aaa is replaced by that of group bbb (group_vars/bbb.yml:1), because of the order of the alphabet alone; "
        in words
    )
    assert f"write each as {name}_<name>, and they add up" in words
