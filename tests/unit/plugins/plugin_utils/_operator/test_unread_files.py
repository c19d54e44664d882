# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of variables that Ansible passes over in silence are named, and others are not."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.federated.connectivity.plugins.plugin_utils._operator.unread_files import unread_files

OURS = "connectivity_defaults: {ingress: deny}\n"


def found(inventory: pathlib.Path, playbook: pathlib.Path) -> list[str]:
    return unread_files([str(inventory)], str(playbook), ["all", "hospitals", "stations1"], ["linz.example.org", "graz", "wels"])


@pytest.fixture
def project(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A directory with an inventory of several files, and a playbook elsewhere."""
    for name in ("inventories/prod", "playbooks"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "answer"),
    [
        ("inventories/prod/group_vars/hospital.yml", "the inventory has no group hospital (did you mean hospitals?)"),
        ("inventories/prod/group_vars/Hospitals/main.yml", "the inventory has no group Hospitals (did you mean hospitals?)"),
        ("inventories/prod/group_vars/hospitals.ymal", "Ansible reads files with the ends .yml, .yaml, .json; rename it to hospitals.yml"),
        ("inventories/prod/group_vars/hospitals.YML", "rename it to hospitals.yml"),
        ("inventories/prod/group_vars/graz.yml", "graz is a host, not a group; move it to host_vars"),
        ("inventories/prod/host_vars/hospitals.yml", "hospitals is a group, not a host; move it to group_vars"),
        ("inventories/prod/host_vars/linz.exmaple.org.yml", "the inventory has no host linz.exmaple.org (did you mean linz.example.org?)"),
        ("playbooks/group_vars/hospitls.yml", "(did you mean hospitals?)"),
        ("inventories/group_vars/all.yml", "Ansible reads group_vars in inventories/prod and beside the playbook; move it there"),
        ("host_vars/graz", "Ansible reads host_vars in inventories/prod and beside the playbook; move it there"),
    ],
)
def test_a_file_without_effect_is_named(project: pathlib.Path, file: str, answer: str) -> None:
    path = project / file
    path.parent.mkdir(parents=True)
    path.write_text(OURS)
    (line,) = found(project / "inventories/prod", project / "playbooks")
    assert line.endswith(answer)
    assert line.startswith(f"{file.removesuffix('/main.yml')} has no effect: ")
    path.write_text("application_port: 80\n")
    assert found(project / "inventories/prod", project / "playbooks") == []


@pytest.mark.parametrize(
    "file",
    [
        "inventories/prod/group_vars/hospitals.yml",
        "inventories/prod/group_vars/hospitals/main.yml",
        "inventories/prod/host_vars/linz.example.org",
        "inventories/prod/group_vars/staging.yml",
        "inventories/prod/group_vars/stations2.yml",
        "inventories/prod/group_vars/hospitals.yml.bak",
        "inventories/prod/group_vars/.hospital.yml.swp",
        "inventories/prod/group_vars/hospital.yml~",
        "playbooks/group_vars/all.yml",
        "inventories/group_vars/staging.yml",
    ],
)
def test_a_file_that_is_read_or_is_not_meant_here_is_passed_over(project: pathlib.Path, file: str) -> None:
    path = project / file
    path.parent.mkdir(parents=True)
    path.write_text(OURS)
    assert found(project / "inventories/prod", project / "playbooks") == []


def test_what_cannot_be_read_is_passed_over(project: pathlib.Path) -> None:
    for place in ("group_vars", "host_vars"):
        (project / "inventories/prod" / place).mkdir()
    (project / "inventories/prod/group_vars/hospital.yml").write_bytes(b"\xff\xfe")
    (project / "inventories/prod/group_vars/hospitl.yml").symlink_to("nowhere")
    (project / "inventories/prod/host_vars/grz.yml").write_text("$ANSIBLE_VAULT;1.1;AES256\n3132\n")
    assert found(project / "inventories/prod", project / "playbooks") == []


@pytest.mark.parametrize(
    ("directory", "meant"),
    [
        ("group_var", "group_vars"),
        ("groupvars", "group_vars"),
        ("Group-Vars", "group_vars"),
        ("hosts_vars", "host_vars"),
        ("host_vasr", "host_vars"),
    ],
)
@pytest.mark.parametrize("file", ["graz.yml", "hospitals/main.yml"])
def test_a_misspelt_directory_is_named(project: pathlib.Path, directory: str, meant: str, file: str) -> None:
    path = project / "inventories/prod" / directory / file
    path.parent.mkdir(parents=True)
    path.write_text(OURS)
    (line,) = found(project / "inventories/prod", project / "playbooks")
    assert line == f"inventories/prod/{directory} has no effect: Ansible reads only a directory with the name {meant}; rename it"
    path.write_text("application_port: 80\n")
    assert found(project / "inventories/prod", project / "playbooks") == []


@pytest.mark.parametrize("directory", ["group_vars_old", "group_vars.bak", "vars", "hosts", "my_group_vars"])
def test_a_directory_of_another_name_is_not_judged(project: pathlib.Path, directory: str) -> None:
    path = project / "inventories/prod" / directory / "hospitals.yml"
    path.parent.mkdir()
    path.write_text(OURS)
    assert found(project / "inventories/prod", project / "playbooks") == []
