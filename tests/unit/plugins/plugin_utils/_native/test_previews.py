# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans show what each declared firewall will hold: sets once, placeholders for what only the host knows, refusals before any host."""

from __future__ import annotations

import json
import pathlib
import re
import typing as t
import xml.etree.ElementTree

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._policy.reader import parse_policy
from ansible_collections.federated.connectivity.plugins.plugin_utils._common.problems import PlanRefused
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._native import previews as native_previews
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.writer import render_plan, write_plan

SET = "linksight_north_data_station"
PARTNERS = ["203.0.113.20", "2001:db8:20::20"]


def variables(firewall: str | None = None, partners: t.Sequence[str] = PARTNERS, **more: t.Any) -> dict[str, dict[str, t.Any]]:
    membership = {"matrix": "linksight", "federation": "north", "roles": ["data_station"]}
    shared = {"connectivity_memberships": [membership]}
    own = {
        "ansible_host": "198.51.100.10",
        "connectivity_networks": {"management": ["192.0.2.0/28"], "dns_servers": ["192.0.2.53"], "ntp_servers": ["192.0.2.123"]},
        **({"connectivity_firewall": firewall} if firewall else {}),
        **more,
    }
    return {
        "alpha": {**shared, **own},
        "gamma": {**shared, **own, "ansible_host": "198.51.100.12"},
        "beta": {**shared, "connectivity_managed": False, "connectivity_addresses": list(partners)},
    }


def files(full: bool = False, **more: t.Any) -> dict[str, str]:
    plan = compute_plan(variables(**more), Catalogue(), native_full=full)
    return {path.removeprefix("native/"): text for path, text in render_plan(plan) if path.startswith("native/")}


def test_without_a_declared_firewall_there_is_nothing_native_and_no_key() -> None:
    plan = compute_plan(variables(), Catalogue())
    assert not plan.native
    assert "firewall" not in plan.host("alpha")


@pytest.mark.parametrize("firewall", ["nftables", "ufw", "firewalld", "windows"])
def test_the_host_s_file_says_which_firewall_is_declared(firewall: str) -> None:
    plan = compute_plan(variables(firewall), Catalogue())
    assert plan.host("alpha")["firewall"] == firewall
    assert plan.host("alpha")["platform"] == ("windows" if firewall == "windows" else "linux")


def test_each_firewall_has_its_files() -> None:
    assert {path for path in files(firewall="nftables") if not path.startswith("sets/")} == {"alpha.nft", "gamma.nft"}
    beside = {"alpha.nft", "gamma.nft"}
    assert {path for path in files(firewall="ufw") if not path.startswith("sets/")} == {"alpha.ufw", "gamma.ufw"} | beside
    of_firewalld = files(firewall="firewalld")
    assert {"firewalld/alpha/policies/fedconn-in.xml", "firewalld/gamma/policies/fedconn-in.xml", *beside} <= set(of_firewalld)
    assert set(files(firewall="windows")) == {"alpha.windows.json", "gamma.windows.json"}
    assert set(files(connectivity_platform="windows")) == {"alpha.windows.json", "gamma.windows.json"}


@pytest.mark.parametrize("firewall", ["nftables", "ufw", "firewalld", "windows"])
def test_one_address_more_changes_one_place(firewall: str) -> None:
    before, after = files(firewall=firewall), files(firewall=firewall, partners=[*PARTNERS[1:], "203.0.113.21"])
    changed = {path for path in before | after if before.get(path) != after.get(path)}
    assert all(path.startswith(("sets/", "firewalld/ipsets/")) for path in changed), changed
    assert changed or firewall == "windows"
    whole = files(full=True, firewall=firewall)
    assert all("203.0.113.20" in whole[path] for path in whole if path.endswith((".ufw", ".windows.json")))


def test_includes_name_sets_that_are_there_and_whole_texts_include_nothing() -> None:
    shown = files(firewall="nftables")
    included = set(re.findall(r'include "(.*?)"', shown["alpha.nft"]))
    assert included
    assert included == {path for path in shown if path.startswith("sets/")}
    assert "203.0.113.20" not in shown["alpha.nft"]
    whole = files(full=True, firewall="nftables")
    assert set(whole) == {"alpha.nft", "gamma.nft"}
    assert "include" not in whole["alpha.nft"]
    assert "203.0.113.20/32" in whole["alpha.nft"]


def test_what_the_includes_hold_is_what_the_whole_text_holds() -> None:
    shown, whole = files(firewall="nftables"), files(full=True, firewall="nftables")
    put_in = re.sub(r'\tinclude "(.*?)"\n', lambda found: shown[found[1]].split("\n", 1)[1], shown["alpha.nft"])
    assert sorted(put_in.split("\n\n")[1:]) == sorted(whole["alpha.nft"].split("\n\n")[1:])


def test_sets_are_counted_where_the_firewall_has_none() -> None:
    ufw = files(firewall="ufw")["alpha.ufw"]
    assert f"<{SET}:3>" in ufw
    assert f"<{SET}:1>" in ufw
    assert "203.0.113.20" not in ufw
    rules = json.loads(files(firewall="windows")["alpha.windows.json"])["rules"]
    (rule,) = (one for one in rules if "peer_http.ingress" in one["DisplayName"])
    assert rule["RemoteAddress"] == [f"<{SET}:4>"]


def test_what_only_the_host_knows_is_a_placeholder() -> None:
    assert "<bridges of container engines>" in files(firewall="nftables")["alpha.nft"]
    assert "<addresses-of:" in "".join(files(firewall="nftables").values())
    assert "<containers>" in files(firewall="ufw")["alpha.ufw"]


@pytest.mark.parametrize("full", [False, True])
def test_xml_stays_xml_and_each_file_is_marked(full: bool) -> None:
    for firewall in ("firewalld", "ufw", "nftables", "windows"):
        for path, text in files(full=full, firewall=firewall).items():
            assert "made by federated.connectivity" in "".join(text.splitlines(keepends=True)[:3]), path
            if path.endswith(".xml"):
                xml.etree.ElementTree.fromstring(text)


def test_a_host_named_with_special_characters_stays_text_in_xml() -> None:
    inventory = variables("firewalld")
    inventory["a&b"] = inventory.pop("alpha")
    plan = compute_plan(inventory, Catalogue())
    for path, text in plan.native.items():
        if path.startswith("native/firewalld/a&b/"):
            xml.etree.ElementTree.fromstring(text)
    assert any(path.startswith("native/firewalld/a&b/") for path in plan.native)


def test_what_a_firewall_cannot_express_is_an_error_with_its_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(data: dict[str, t.Any], *rest: t.Any) -> t.Any:
        return parse_policy({**data, "rules": [{**data["rules"][0], "protocol": "igmp"}]}, *rest)

    monkeypatch.setattr(native_previews, "parse_policy", refuse)
    with pytest.raises(PlanRefused) as refused:
        compute_plan(variables("ufw"), Catalogue())
    (message,) = refused.value.messages
    assert re.match(r"hosts? alpha(, | and )gamma: ufw cannot carry it: rule .*: protocol is 'igmp'", message), message


@pytest.mark.parametrize(
    ("firewall", "platform", "said"),
    [
        ("ufw", "windows", "connectivity_firewall: ufw contradicts connectivity_platform: windows"),
        ("windows", "linux", "connectivity_firewall: windows contradicts connectivity_platform: linux"),
        ("pf", "linux", "pf"),
    ],
)
def test_firewall_and_platform_must_agree(firewall: str, platform: str, said: str) -> None:
    with pytest.raises(PlanRefused) as refused:
        compute_plan(variables(firewall, connectivity_platform=platform), Catalogue())
    assert any(said in message for message in refused.value.messages), refused.value.messages


def test_a_later_plan_removes_what_it_does_not_have(tmp_path: pathlib.Path) -> None:
    for firewall in ("firewalld", "ufw", None):
        plan = compute_plan(variables(firewall), Catalogue())
        write_plan(plan, tmp_path)
        assert not write_plan(plan, tmp_path).changed
        found = {str(path.relative_to(tmp_path)) for path in (tmp_path / "native").rglob("*") if path.is_file()}
        assert found == set(plan.native)


def test_links_below_the_directory_of_previews_are_refused(tmp_path: pathlib.Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "plan" / "native").mkdir(parents=True)
    (tmp_path / "plan" / "native" / "firewalld").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PlanRefused, match="firewalld"):
        write_plan(compute_plan(variables("firewalld"), Catalogue()), tmp_path / "plan")
    assert not list((tmp_path / "elsewhere").iterdir())
