# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the controller is given: an inventory, keys that nobody else reads, hosts that show the keys we gave them."""

from __future__ import annotations

import shutil

import pytest
import yaml

from ansible_collections.federated.connectivity.molecule.lab import access, hosts
from ansible_collections.federated.connectivity.molecule.lab._errors import LabError
from ansible_collections.federated.connectivity.molecule.lab.topology import HOSTS


@pytest.fixture
def build(monkeypatch, tmp_path):
    """A checkout and a cache of the test's own, and a key generator that is fast and needs no program."""

    def generate(command, **_):
        private = command[command.index("-f") + 1]
        for path, content in ((private, f"private {private}"), (private + ".pub", f"public {private}\n")):
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(access.subprocess, "run", generate)
    monkeypatch.setattr(access, "BUILD", tmp_path / "build")
    return tmp_path / "build"


def test_the_inventory_names_every_host_with_both_families(build):
    inventory = yaml.safe_load(access.write().read_text(encoding="utf-8"))
    listed = inventory["lab"]["hosts"]
    assert list(listed) == [host.name for host in HOSTS]
    for host in HOSTS:
        assert listed[host.name]["ansible_host"] == host.addresses[0]
        assert set(host.addresses) <= set(listed[host.name]["connectivity_addresses"])
    assert set(inventory["connectivity_strangers"]["hosts"]) == {"stranger", "user"}
    assert [name for name in listed if listed[name]["connectivity_managed"]] == ["alpha", "beta", "gamma"]


def test_the_key_is_for_its_owner_alone_and_stays_the_same(build):
    access.write()
    key = (build / "key").read_bytes()
    assert (build / "key").stat().st_mode & 0o777 == 0o600
    access.write()
    assert (build / "key").read_bytes() == key
    shutil.rmtree(build)
    access.write()
    assert (build / "key").read_bytes() == key


def test_known_hosts_tells_every_host_by_its_own_key(build):
    access.write()
    lines = (build / "known_hosts").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len({line.split(" ", 1)[1] for line in lines}) == len(HOSTS)
    assert "StrictHostKeyChecking yes" in (build / "ssh_config").read_text(encoding="utf-8")


def test_a_hosts_files_are_the_same_bytes_each_time_and_differ_between_hosts(build):
    files = [hosts._files(host) for host in HOSTS]
    assert files == [hosts._files(host) for host in HOSTS]
    assert len(set(files)) == len(HOSTS)


def test_an_unknown_host_is_named_with_those_there_are():
    with pytest.raises(LabError, match="no such host: delta, zeta; the lab has router, alpha, beta"):
        hosts._chosen(["zeta", "alpha", "delta"])


def test_all_failures_are_told_together():
    def work(name):
        raise LabError(f"{name} failed")

    with pytest.raises(LabError, match="one failed\ntwo failed"):
        hosts._parallel(work, ["one", "two"])
