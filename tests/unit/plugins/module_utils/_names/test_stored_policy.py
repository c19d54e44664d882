# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policy that the refresher finds on the host."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._errors import ToolFailed
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host
from ansible_collections.federated.connectivity.plugins.module_utils._names import stored_policy
from ansible_collections.federated.connectivity.plugins.module_utils._names.stored_policy import StoredPolicy, read_stored_policy


def rule(name: str, **more: t.Any) -> dict[str, t.Any]:
    peers = {"address_sets": [], "names": [name]}
    return {"id": f"rule.{name}", "direction": "egress", "protocol": "tcp", "ports": ["443"], "peers": peers, "placement": "host", **more}


DECLARED: dict[str, t.Any] = {
    "host": "station",
    "defaults": {"ingress": "deny", "egress": "deny"},
    "address_sets": {},
    "rules": [rule("proxy.example.org", via_proxy=True), rule("registry.example.org", via_proxy=False)],
}
STORED = StoredPolicy(DECLARED, "ufw", ("198.51.100.1", 22), ["docker0"], [".example.net"], {"registry.example.org": ["203.0.113.5"]})


@pytest.fixture
def file(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    path = tmp_path / "policy.json"
    monkeypatch.setattr(stored_policy, "FILE", str(path))
    return path


@pytest.mark.parametrize("management", [("198.51.100.1", 22), None])
def test_it_comes_back_as_it_was(file: pathlib.Path, management: tuple[str, int] | None) -> None:
    assert read_stored_policy(Host()) is None
    stored = STORED._replace(management=management)
    file.write_bytes(stored.text())
    read = read_stored_policy(Host())
    assert read == stored
    assert read.parse() == stored.parse()
    assert read.text() == stored.text()


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"backend": "ufw"}'])
def test_a_damaged_one_is_named_with_the_mend(file: pathlib.Path, damage: str) -> None:
    file.write_text(damage)
    with pytest.raises(ToolFailed, match=r"policy\.json is damaged; run firewall_policy again"):
        read_stored_policy(Host())


def test_the_forward_proxy_is_the_sites_own() -> None:
    assert STORED.names == ["proxy.example.org", "registry.example.org"]
    assert STORED.own_names == [".example.net", "proxy.example.org"]


@pytest.mark.parametrize("rules", [None, 5, "text", [5], [{"via_proxy": True, "peers": 5}]])
def test_what_is_malformed_is_left_to_the_reader_of_policies(rules: t.Any) -> None:
    stored = STORED._replace(declared={**DECLARED, "rules": rules})
    assert (stored.names, stored.own_names) == ([], [".example.net"])


def test_its_rules_have_the_answers_in_force() -> None:
    policy = STORED.parse()
    assert policy.management == ("198.51.100.1", 22)
    assert [[peer.ipv4 for peer in each.peers] for each in policy.rules] == [[], [("203.0.113.5/32",)]]
