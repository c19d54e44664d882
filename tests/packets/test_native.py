# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The native texts in ``tests/cases/native`` are taken by the real firewalls, with every rule that they show."""

from __future__ import annotations

import pathlib
import re

import pytest
from firewall_host import FirewallHost
from suites import suites

from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan

NATIVE = pathlib.Path(__file__).parents[1] / "cases" / "native"
NAMES = sorted(path.name.removesuffix(".policy.yml") for path in NATIVE.glob("*.policy.yml"))
UFW_CHAINS = ("user-input", "user-output")

every_suite = suites("trixie")


def stored(path: str) -> str:
    return (NATIVE / path).read_text(encoding="utf-8")


def comments(text: str) -> list[str]:
    """The comment of each rule of ours, in order."""
    return re.findall(r'comment "(federated\.connectivity [^"]*)"', text)


@every_suite
def test_nft_loads_each_table_and_lists_its_rules(host: FirewallHost, suite: str) -> None:
    for path in sorted(NATIVE.glob("*.nft")):
        text = stored(path.name)
        host.run(["nft", "-c", "-f", "-"], input=text)
        host.nft(text)
        listed = host.run(["nft", "list", "table", "inet", "federated_connectivity"]).stdout
        assert comments(listed) == comments(text), path.name
        assert re.findall(r"^\t(?:set|chain) (\w+)", listed, re.MULTILINE) == re.findall(r"^\t(?:set|chain) (\w+)", text, re.MULTILINE)


@every_suite
@pytest.mark.parametrize(("family", "prefix", "tool"), [(4, "ufw-", "iptables"), (6, "ufw6-", "ip6tables")])
def test_iptables_loads_the_blocks_of_ufw(host: FirewallHost, suite: str, family: int, prefix: str, tool: str) -> None:
    for name in NAMES:
        rules = [line for line in stored(f"{name}.ufw").splitlines() if line.startswith(f"-A {prefix}")]
        chains = [f":{prefix}{chain} - [0:0]" for chain in UFW_CHAINS]
        text = "\n".join(["*filter", *chains, *rules, "COMMIT", ""])
        host.run([f"{tool}-restore", "--test"], input=text)
        host.run([f"{tool}-restore"], input=text)
        saved = host.run([f"{tool}-save", "-t", "filter"]).stdout
        assert sum(line.startswith(f"-A {prefix}") for line in saved.splitlines()) == len(rules), name
        assert rules, f"{name}: no rules of IPv{family}"


@every_suite
def test_ufw_shows_its_blocks_in_the_words_of_the_text(host: FirewallHost, suite: str) -> None:
    text = stored("data_station.ufw")
    ipv4 = text[: text.index("# user6.rules")]
    rules = host.file("/etc/ufw/user.rules")
    blocks = "".join(f"\n{block}" for block in re.findall(r"^### tuple ### .*\n-A .*\n", ipv4, re.MULTILINE))
    content = rules.read_text(encoding="utf-8")
    rules.write_text(content.replace("### RULES ###\n", f"### RULES ###\n{blocks}", 1), encoding="utf-8")
    added = host.run(["ufw", "show", "added"]).stdout
    ids = re.findall(r"^# .*# federated\.connectivity (\S+)$", ipv4, re.MULTILINE)
    assert re.findall(r"comment 'federated\.connectivity (\S+)'", added) == ids


@every_suite
def test_firewalld_takes_the_files(host: FirewallHost, suite: str) -> None:
    for name in NAMES:
        directory = NATIVE / f"{name}.firewalld"
        files = {path.relative_to(directory): path for path in directory.rglob("*.xml")}
        for relative, path in files.items():
            host.run(["mkdir", "-p", f"/etc/firewalld/{relative.parent}"])
            host.file(f"/etc/firewalld/{relative}").write_bytes(path.read_bytes())
        host.run(["firewall-offline-cmd", "--check-config"])
        policies = host.run(["firewall-offline-cmd", "--get-policies"]).stdout.split()
        assert {"fedconn-in", "fedconn-out"} <= set(policies)
        for direction in ("in", "out"):
            listed = host.run(["firewall-offline-cmd", f"--policy=fedconn-{direction}", "--list-rich-rules"]).stdout
            text = stored(f"{name}.firewalld/policies/fedconn-{direction}.xml")
            assert listed.count("rule priority=") == text.count("<rule "), name
        for relative in files:
            host.run(["rm", f"/etc/firewalld/{relative}"])


FOUND_ON_THE_HOST = (
    ("<bridges of container engines>", "docker0"),
    ("<other links with such names>", "br-others"),
    (r"(type ipv4_addr[^}]*)<addresses-of:[^>]*>", r"\g<1>192.0.2.1"),
    (r"(type ipv6_addr[^}]*)<addresses-of:[^>]*>", r"\g<1>2001:db8::1"),
)


@every_suite
@pytest.mark.parametrize("firewall", ["nftables", "ufw", "firewalld"])
def test_nft_takes_a_preview_that_includes_its_sets(host: FirewallHost, suite: str, firewall: str) -> None:
    membership = {"matrix": "linksight", "federation": "north", "roles": ["data_station"]}
    hosts = {
        name: {"ansible_host": f"198.51.100.{number}", "connectivity_memberships": [membership]} for number, name in enumerate("abc", 10)
    }
    hosts["a"].update(connectivity_firewall=firewall, connectivity_defaults={"ingress": "deny", "egress": "deny"})
    plan = compute_plan(hosts, Catalogue())
    for path, text in plan.native.items():
        file = host.file(f"/root/plan/{path}")
        file.parent.mkdir(parents=True, exist_ok=True)
        for placeholder, value in FOUND_ON_THE_HOST:
            text = re.sub(placeholder, value, text)
        file.write_text(text, encoding="utf-8")
    native = "/root/plan/native"
    assert 'include "sets/linksight_north_data_station.nft"' in plan.native["native/a.nft"]
    host.run(["nft", "--includepath", native, "--file", f"{native}/a.nft"])
    listed = host.run(["nft", "list", "table", "inet", "federated_connectivity"]).stdout
    assert comments(listed) == comments(plan.native["native/a.nft"])
    assert "198.51.100.12" in listed
