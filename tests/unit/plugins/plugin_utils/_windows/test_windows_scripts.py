# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scripts for Windows hosts: the vendor's two rules for Linksight, and nothing but the plan's rules from a hostile matrix."""

from __future__ import annotations

import dataclasses
import ipaddress
import pathlib
import re
import typing as t

import pytest
from batch_line import arguments
from hypothesis import given
from hypothesis import strategies as st
from powershell_tree import SAME, Script

from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.writer import write_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._rules.plan import Plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._windows import scripts as windows_scripts
from ansible_collections.federated.connectivity.plugins.plugin_utils._windows.rules import GROUP, translate
from ansible_collections.federated.connectivity.plugins.plugin_utils._windows.scripts import scripts

STATION = {"matrix": "linksight", "federation": "north", "roles": ["data_station"]}
MODULE_UTILS = pathlib.Path(windows_scripts.__file__).parents[2] / "module_utils"
WINDOWS = {"connectivity_platform": "windows", "connectivity_managed": False, "connectivity_addresses": ["198.51.100.20", "2001:db8:1::20"]}

# docs.linksight.network, "Network connections", "Firewall Configuration".
VENDOR = (
    'netsh advfirewall firewall add rule name="Allow Linksight mTLS HTTP" dir=in action=allow protocol=TCP localport=8443',
    'netsh advfirewall firewall add rule name="Allow Linksight mTLS gRPC" dir=in action=allow protocol=TCP localport=9090',
)

BATCH = r"""
@rem Windows Firewall as the federations of this host need it (made by federated.connectivity; do not edit)
@rem   firewall.cmd           writes the rules below again
@rem   firewall.cmd remove    takes them off
@echo off
fltmc >nul 2>&1 || (echo Run this as an administrator. & exit /b 1)
netsh advfirewall firewall delete rule name="federated.connectivity linksight.north.peer_grpc.egress" >nul
netsh advfirewall firewall delete rule name="federated.connectivity linksight.north.peer_grpc.ingress" >nul
netsh advfirewall firewall delete rule name="federated.connectivity linksight.north.peer_http.egress" >nul
netsh advfirewall firewall delete rule name="federated.connectivity linksight.north.peer_http.ingress" >nul
if /i "%~1"=="remove" exit /b 0
netsh advfirewall firewall add rule name="federated.connectivity linksight.north.peer_grpc.egress" dir=out action=allow protocol=TCP remoteport=9090 @ || exit /b 1
netsh advfirewall firewall add rule name="federated.connectivity linksight.north.peer_grpc.ingress" dir=in action=allow protocol=TCP localport=9090 @ || exit /b 1
netsh advfirewall firewall add rule name="federated.connectivity linksight.north.peer_http.egress" dir=out action=allow protocol=TCP remoteport=8443 @ || exit /b 1
netsh advfirewall firewall add rule name="federated.connectivity linksight.north.peer_http.ingress" dir=in action=allow protocol=TCP localport=8443 @ || exit /b 1
exit /b 0
""".lstrip().replace("@ ||", "remoteip=198.51.100.20,203.0.113.1,203.0.113.3,2001:db8:1::20,2001:db8:2::1:0,2001:db8:2::1:2 ||")  # noqa: E501


def linksight(partners: int = 2, scope: str = "members", **more: t.Any) -> Plan:
    """The federation of one Windows data station and some others, apart from each other by one address."""
    hosts: dict[str, dict[str, object]] = {
        "station": {**WINDOWS, "connectivity_memberships": [{**STATION, "federation_scope": scope}], **more}
    }
    for number in range(partners):
        addresses = [str(ipaddress.ip_address(first) + 2 * number) for first in ("203.0.113.1", "2001:db8:2::1:0")]
        hosts[f"partner{number}"] = {"connectivity_memberships": [STATION], "connectivity_addresses": addresses}
    return compute_plan(hosts, Catalogue())


def script(plan: Plan, name: str, host: str = "station") -> str:
    return dict(scripts(plan))[f"scripts/{host}/{name}"]


def settings(command: str) -> dict[str, str]:
    return dict(word.split("=", 1) for word in arguments(command)[5:])


def additions(batch: str) -> list[dict[str, str]]:
    suffix = " || exit /b 1"
    return [settings(line.removesuffix(suffix)) for line in batch.splitlines() if " add rule " in line and line.endswith(suffix)]


def without(one: dict[str, str], *keys: str) -> dict[str, str]:
    return {key: value for key, value in one.items() if key not in keys}


def in_order(commands: t.Iterable[dict[str, str]]) -> list[list[tuple[str, str]]]:
    return sorted(sorted(command.items()) for command in commands)


def test_the_batch_file_for_linksight() -> None:
    assert script(linksight(), "firewall.cmd") == BATCH.replace("\n", "\r\n")


@pytest.mark.parametrize("scope", ["members", "any"])
def test_inbound_are_exactly_the_two_rules_of_the_vendor_for_the_partners_alone(scope: str) -> None:
    """The name is ours, so that nobody else's rule is taken for it; addresses are added where partners are known."""
    inbound = [command for command in additions(script(linksight(scope=scope), "firewall.cmd")) if command["dir"] == "in"]
    assert in_order(without(command, "name", "remoteip") for command in inbound) == in_order(
        without(settings(line), "name") for line in VENDOR
    )
    assert ["remoteip" in command for command in inbound] == [scope == "members"] * 2


def test_the_powershell_for_linksight() -> None:
    stations = ["198.51.100.20", "203.0.113.1", "203.0.113.3", "2001:db8:1::20", "2001:db8:2::1:0", "2001:db8:2::1:2"]
    assert Script(without_program(script(linksight(), "firewall.ps1"))).tables("$wanted") == [
        {
            "DisplayName": [f"federated.connectivity linksight.north.{flow}.{direction}"],
            "Description": [f"linksight.north.{flow}.{direction}: Peer-to-peer connections over {application}"],
            "Direction": [windows],
            "Protocol": ["TCP"],
            "RemoteAddress": stations,
            ports: [port],
        }
        for flow, port, application in (("peer_grpc", "9090", "gRPC"), ("peer_http", "8443", "HTTP"))
        for direction, windows, ports in (("egress", "Outbound", "RemotePort"), ("ingress", "Inbound", "LocalPort"))
    ]


def test_inside_wsl_the_same_ports_open_but_for_the_management_of_windows() -> None:
    proxy = {"http_proxy": "http://198.51.100.126:3128", "https_proxy": "http://198.51.100.126:3128"}
    networks = {"management": ["198.51.100.128/28"], "dns_servers": ["198.51.100.53"]}
    plan = linksight(
        connectivity_managed=True,
        connectivity_networks=networks,
        connectivity_forward_proxy=proxy,
        connectivity_defaults={"egress": "deny"},
    )
    renamed = {"RemoteAddress": "RemoteAddresses", "LocalPort": "LocalPorts", "RemotePort": "RemotePorts"}
    host = {
        one["DisplayName"][0]: {renamed.get(key, key): texts for key, texts in one.items() if key != "Description" and texts != ["Any"]}
        for one in Script(without_program(script(plan, "firewall.ps1"))).tables("$wanted")
    }
    guest = {one["DisplayName"][0]: one for one in Script(without_program(script(plan, "firewall_wsl.ps1"))).tables("$wanted")}
    assert guest == {name: host[name] for name in guest}
    assert host.keys() - guest.keys() == {
        f"federated.connectivity baseline.host.{flow}" for flow in ("management.ingress", "icmpv6.egress")
    }


def test_names_under_a_denied_egress_are_for_powershell_alone() -> None:
    plan = linksight(connectivity_defaults={"egress": "deny"})
    names = {flow: f"{flow}.linksight.network" for flow in ("registry", "services", "setup")}
    for name, port in (("firewall.ps1", "RemotePort"), ("firewall_wsl.ps1", "RemotePorts")):
        tables = Script(without_program(script(plan, name))).tables("$named")
        assert {one["DisplayName"][0]: (one["Names"], one[port]) for one in tables} == {
            f"federated.connectivity linksight.north.{flow}.egress": ([host], ["443"]) for flow, host in names.items()
        }
        assert not any("RemoteAddress" in key for one in tables for key in one)
    assert "federated.connectivity linksight.north.setup.egress: setup.linksight.network" in script(plan, "firewall.ps1")
    batch = script(plan, "firewall.cmd")
    assert not any("setup" in line for line in batch.splitlines() if "netsh" in line)
    assert batch.endswith(
        "exit /b 1\r\necho firewall.cmd cannot look up host names. It opens nothing for the host names of these rules. "
        "Use firewall.ps1 instead:\r\n"
        + "".join(f"echo   federated.connectivity linksight.north.{flow}.egress\r\n" for flow in names)
        + "exit /b 2\r\n"
    )


def test_any_address_is_a_word_of_windows_firewall_and_nothing_in_the_hyper_v_firewall() -> None:
    plan = linksight(scope="any")
    assert {tuple(one["RemoteAddress"]) for one in Script(without_program(script(plan, "firewall.ps1"))).tables("$wanted")} == {("Any",)}
    assert [sorted(one) for one in Script(without_program(script(plan, "firewall_wsl.ps1"))).tables("$wanted")] == [
        sorted(["DisplayName", "Direction", "Protocol", ports]) for ports in ("RemotePorts", "LocalPorts") * 2
    ]


def test_each_partner_is_tried_at_each_port_and_the_host_itself_is_not() -> None:
    partners = ["203.0.113.1", "203.0.113.3", "2001:db8:2::1:0", "2001:db8:2::1:2"]
    assert Script(script(linksight(), "check.ps1")).tables("$wanted") == [
        {"Rule": ["linksight.north.peer_grpc.egress"], "Peer": partners, "Port": ["9090"]},
        {"Rule": ["linksight.north.peer_http.egress"], "Peer": partners, "Port": ["8443"]},
        *(
            {"Rule": [f"linksight.north.{flow}.egress"], "Peer": [f"{flow}.linksight.network"], "Port": ["443"]}
            for flow in ("registry", "services", "setup")
        ),
    ]


def test_trying_connections_changes_nothing() -> None:
    called = {command.name for command in Script(script(linksight(), "check.ps1")).commands()}
    verbs = {name.partition("-")[0] for name in called if "-Connectivity" not in name}
    assert verbs <= {"Set", "New", "ForEach", "Where", "Group", "Sort", "Select", "Start", "Write"}
    assert not any("NetFirewall" in command.name for command in Script(script(linksight(), "check.ps1")).commands())


def test_only_hosts_that_are_windows_have_scripts() -> None:
    assert {name.split("/")[1] for name, _text in scripts(linksight())} == {"station"}


def test_hosts_that_are_alike_each_have_theirs() -> None:
    hosts = {
        f"site{number}": {**WINDOWS, "connectivity_addresses": [f"198.51.100.{number}"], "connectivity_memberships": [STATION]}
        for number in (1, 2)
    }
    plan = compute_plan(hosts, Catalogue())
    assert "Windows Firewall of site2" in script(plan, "firewall.ps1", "site2")
    assert script(plan, "firewall.cmd", "site1") == script(plan, "firewall.cmd", "site2")


def test_more_partners_than_a_rule_holds_are_parts_of_one_name() -> None:
    few, many = linksight(2), linksight(1001)
    for name, key in (("firewall.ps1", "RemoteAddress"), ("firewall_wsl.ps1", "RemoteAddresses")):
        tables = Script(without_program(script(many, name))).tables("$wanted")
        names = [one["DisplayName"] for one in Script(without_program(script(few, name))).tables("$wanted")]
        assert [one["DisplayName"] for one in tables] == [one for one in names for _part in range(2)]
        for one in tables:
            assert max(sum(mark in address for address in one[key]) for mark in ".:") <= 1000
        assert sum(len(one[key]) for one in tables if one["DisplayName"] == names[0]) == 2004


def test_five_hundred_partners_are_one_rule_in_powershell_and_lines_that_cmd_takes() -> None:
    few, many = linksight(2), linksight(500)
    names = [one["DisplayName"] for one in Script(without_program(script(few, "firewall.ps1"))).tables("$wanted")]
    tables = Script(without_program(script(many, "firewall.ps1"))).tables("$wanted")
    assert [one["DisplayName"] for one in tables] == names
    batch = additions(script(many, "firewall.cmd"))
    for one in tables:
        parts = [command["remoteip"] for command in batch if [command["name"]] == one["DisplayName"]]
        assert ",".join(parts).split(",") == one["RemoteAddress"]
        assert len(parts) == 2


def test_flows_to_names_are_said_to_have_no_rule() -> None:
    head = script(linksight(), "firewall.ps1").partition("#Requires")[0]
    assert [line[4:] for line in head.splitlines() if line.startswith("#   linksight")] == [
        f"linksight.north.{flow}.egress" for flow in ("registry", "services", "setup")
    ]


def test_a_denied_default_is_said_and_not_set() -> None:
    proxy = {"http_proxy": "http://198.51.100.126:3128", "https_proxy": "http://198.51.100.126:3128"}
    text = script(linksight(connectivity_defaults={"egress": "deny"}, connectivity_forward_proxy=proxy), "firewall.ps1")
    assert "#   Set-NetFirewallProfile -All -DefaultOutboundAction Block\n" in text
    assert "'egress'" not in Script(text).value("$judged")
    assert "defaults = [bool] $Remove" in Script(text).value("$options")


@pytest.mark.parametrize("name", ["firewall.ps1", "firewall_wsl.ps1"])
class TestProgram:
    """What the scripts do, whatever the rules are."""

    def test_each_removal_names_its_rule(self, name: str) -> None:
        """Without a parameter, the cmdlets remove all rules of the host."""
        commands = Script(script(linksight(), name)).commands()
        removals = [one for one in commands if re.fullmatch(r"Remove-NetFirewall\w*Rule", one.name)]
        assert len(removals) == 2
        assert {one.parameters["-Name"] for one in removals} == {"$Id"}

    def test_it_is_the_program_of_the_modules(self, name: str) -> None:
        text = script(linksight(), name)
        for part in windows_scripts.PROGRAM:
            source = (MODULE_UTILS / f"{part}.psm1").read_text(encoding="utf-8")
            assert source[source.index("\nfunction ") :] in text

    def test_the_template_is_filled_once(self, name: str) -> None:
        template = pathlib.Path(windows_scripts.__file__).with_name("templates") / name
        assert template.read_text().count("$wanted = @()") == template.read_text().count("# core\n") == 1
        text = script(linksight(), name)
        assert not any(place in text for place in ("$wanted = @()", "$judged = @()", "# core\n"))


def test_the_host_judges_its_rules_by_what_the_plan_closes_and_publishes() -> None:
    (judged,) = Script(without_program(script(linksight(), "firewall.ps1"))).tables("$judged")
    inbound = [f"federated.connectivity linksight.north.{flow}.ingress" for flow in ("peer_grpc", "peer_http")]
    assert judged["closed"] == inbound
    assert set(inbound) <= set(judged["published"])
    assert judged["names"] == [f"linksight.north.{flow}.egress" for flow in ("registry", "services", "setup")]


@pytest.mark.parametrize(("name", "ports"), [("firewall.ps1", "LocalPort"), ("firewall_wsl.ps1", "LocalPorts")])
def test_the_host_knows_the_ports_that_are_closed_to_everybody(name: str, ports: str) -> None:
    shut = Script(without_program(script(linksight(connectivity_managed=True, connectivity_phases=["install"]), name))).tables("$shut")
    assert {(table["DisplayName"][0], tuple(table[ports])) for table in shut} == {
        (f"federated.connectivity linksight.north.{flow}.ingress", (port,)) for flow, port in (("peer_grpc", "9090"), ("peer_http", "8443"))
    }
    assert not any(key.startswith("Remote") for table in shut for key in table)


# Microsoft, "NetSecurity", windowsserver2025-ps: what New-NetFirewallRule and New-NetFirewallHyperVRule take to describe a rule.
_COMMON = {"Name", "DisplayName", "Enabled", "Direction", "Action", "Protocol", "WhatIf", "Confirm", "ErrorAction"}
PARAMETERS = {
    "firewall.ps1": _COMMON
    | {"PolicyStore", "Description", "Group", "Profile", "LocalAddress", "RemoteAddress", "LocalPort", "RemotePort", "IcmpType", "Program"},
    "firewall_wsl.ps1": _COMMON
    | {"RulePriority", "VMCreatorId", "LocalAddresses", "RemoteAddresses", "LocalPorts", "RemotePorts", "Profiles"},
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_cmdlets_document_what_they_are_given(name: str) -> None:
    proxy = {"http_proxy": "http://198.51.100.126:3128", "https_proxy": "http://198.51.100.126:3128"}
    filled = Script(script(linksight(connectivity_defaults={"egress": "deny"}, connectivity_forward_proxy=proxy), name))
    creation = "New-NetFirewallHyperVRule" if name == "firewall_wsl.ps1" else "New-NetFirewallRule"
    (command,) = (one for one in filled.commands() if one.name == creation)
    given = {key for table in filled.tables("$wanted") for key in table}
    assert given | {parameter.removeprefix("-") for parameter in command.parameters} <= PARAMETERS[name]
    assert command.splatted == ("@given",)
    assert not given & {parameter.removeprefix("-") for parameter in command.parameters}


def test_the_group_is_the_one_of_the_rules() -> None:
    assert f"function Get-ConnectivityGroup {{ '{GROUP}' }}" in script(linksight(), "firewall.ps1")


HOSTILE = st.one_of(
    st.sampled_from(["'; calc; '", "\u2019; calc; \u2018", "$(calc)", "`n calc", "%PATH% & calc", "<# #>", "a\r\ncalc", "\0"]),
    st.text("'\u2018\u2019\u201a\u201b`$\"(){}#;|&%^! \n\r\0ab"),
    st.text(),
)
PLAIN = linksight()
PROGRAM = windows_scripts.program()


def without_program(text: str) -> str:
    """The script but for the program, which is the same in each and takes long to parse."""
    return text.replace(PROGRAM, "")


COMMANDS = {name: Script(without_program(script(PLAIN, name))).commands() for name in ("firewall.ps1", "firewall_wsl.ps1", "check.ps1")}


def with_texts(plan: Plan, host: str, purpose: str) -> Plan:
    """The plan of a matrix whose purposes are these, for a host of this name."""
    groups = []
    for hosts, part in plan.hosts:
        rules = tuple(rule._replace(purpose=purpose) for rule in part.rules)
        groups.append(([dataclasses.replace(one, name=host) for one in hosts], part._replace(rules=rules)))
    return dataclasses.replace(plan, hosts=groups)


@given(HOSTILE, HOSTILE)
def test_no_text_of_the_user_becomes_a_command(host: str, purpose: str) -> None:
    plan = with_texts(PLAIN, host, purpose)
    for name, commands in COMMANDS.items():
        text = script(plan, name, host)
        assert text.count(PROGRAM) == (name != "check.ps1")
        assert [text.count(windows_scripts._functions(part)) for part in windows_scripts.CHECKS] == [1, 1]
        assert Script(without_program(text)).commands() == commands
        assert text.encode("utf-8", "strict").startswith(b"\xef\xbb\xbf#")
    (common,) = (common for hosts, common in plan.hosts if hosts[0].profile.platform == "windows")
    meant = [rule.description.translate(SAME) for rule in translate(common, plan.index["address_sets"]).rules]
    told = Script(without_program(script(plan, "firewall.ps1", host))).tables("$wanted")
    assert [one["Description"] for one in told] == [[text] for text in meant]
    assert script(plan, "firewall.cmd", host) == script(PLAIN, "firewall.cmd")


def test_a_plan_written_again_changes_no_script(tmp_path: pathlib.Path) -> None:
    write_plan(linksight(), tmp_path)
    assert write_plan(linksight(), tmp_path).changed == []
    assert b"\r\n" in (tmp_path / "scripts/station/firewall.cmd").read_bytes()


def test_scripts_of_earlier_plans_go_and_those_of_others_stay(tmp_path: pathlib.Path) -> None:
    write_plan(linksight(), tmp_path)
    (tmp_path / "scripts/station/own.zip").write_bytes(b"\xff\xfe")
    (tmp_path / "scripts/other").mkdir()
    (tmp_path / "scripts/other/firewall.cmd").write_text("own")
    write_plan(linksight(connectivity_platform="linux"), tmp_path)
    assert sorted(str(path.relative_to(tmp_path / "scripts")) for path in tmp_path.glob("scripts/*/*")) == [
        "other/firewall.cmd",
        "station/own.zip",
    ]
