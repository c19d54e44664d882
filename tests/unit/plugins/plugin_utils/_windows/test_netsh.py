# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""netsh's commands, read back by a model of cmd.exe: they say what the rule says, or there is none."""

from __future__ import annotations

import ipaddress

import pytest
from batch_line import arguments
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._windows.netsh import LONGEST, additions, deletion
from ansible_collections.federated.connectivity.plugins.plugin_utils._windows.rules import ANY, IN, OUT, WindowsRule

ADD = ["netsh", "advfirewall", "firewall", "add", "rule"]
HOSTILE = ["%PATH%", '" dir=out "', "a&calc", "a b", " a", "a\nb", "a\0b", "a^", "a!b!", "(a)", "a>b", "a=b", "", "\u2019"]
NAMES = st.from_regex(r"[A-Za-z0-9_.-]+( [A-Za-z0-9_.-]+)*", fullmatch=True)
PORTS = st.lists(st.one_of(st.integers(1, 65535).map(str), st.just("8000-8010")), min_size=1, max_size=3)
ADDRESSES = st.lists(st.one_of(st.ip_addresses().map(str), st.just("2001:db8::/32")), min_size=1, max_size=4)
RULES = st.builds(
    WindowsRule,
    NAMES,
    st.sampled_from([IN, OUT]),
    st.sampled_from(["tcp", "udp"]),
    PORTS.map(tuple),
    ADDRESSES.map(tuple),
    st.text(),
    st.just(()),
    st.just(()),
)


def settings(command: str) -> dict[str, str]:
    words = arguments(command)
    assert words[:5] == ADD
    return dict(word.split("=", 1) for word in words[5:])


@given(RULES)
def test_a_command_says_what_the_rule_says(rule: WindowsRule) -> None:
    (command,) = additions(rule)
    assert settings(command) == {
        "name": rule.name,
        "dir": rule.direction,
        "action": "allow",
        "protocol": rule.protocol.upper(),
        ("localport" if rule.direction == IN else "remoteport"): ",".join(rule.ports),
        "remoteip": ",".join(rule.addresses),
    }
    assert arguments(deletion(rule)) == [*ADD[:3], "delete", "rule", f"name={rule.name}"]


def test_a_rule_that_names_its_own_port_says_both() -> None:
    rule = WindowsRule("dhcp", OUT, "udp", ("67",), ANY, "", own_ports=("68",))
    (command,) = additions(rule)
    assert (settings(command)["remoteport"], settings(command)["localport"]) == ("67", "68")


@given(RULES, st.one_of(st.sampled_from(HOSTILE), st.text()), st.sampled_from(["name", "ports", "addresses"]))
def test_whatever_a_text_holds_it_is_read_as_meant_or_refused(rule: WindowsRule, text: str, field: str) -> None:
    hostile = rule._replace(**{field: text if field == "name" else (text,)})
    try:
        (command,) = additions(hostile)
    except ValueError:
        return
    key = {"name": "name", "ports": "localport" if rule.direction == IN else "remoteport", "addresses": "remoteip"}[field]
    assert settings(command)[key] == text
    assert len(settings(command)) == 6


@pytest.mark.parametrize("name", ["a%PATH%", "a^b", "a&b", 'a"b', "a!b", "a\nb", "a\0b", "K\u00f6ln", "a\u2019b", "", " a", "a  b"])
def test_a_name_that_cmd_could_misread_is_refused(name: str) -> None:
    rule = WindowsRule(name, IN, "tcp", ("8443",), ANY, "")
    with pytest.raises(ValueError, match="cannot hold safely"):
        list(additions(rule))
    with pytest.raises(ValueError, match="cannot hold safely"):
        deletion(rule)


@pytest.mark.parametrize("count", [1, 100, 500, 5000])
def test_a_rule_too_long_for_cmd_becomes_several_of_the_same_name(count: int) -> None:
    addresses = tuple(str(ipaddress.ip_address("2001:db8:1111:2222:3333:4444:5555:0") + number) for number in range(count))
    rule = WindowsRule("own.x.a.ingress", IN, "tcp", ("8443",), addresses, "")
    commands = [*additions(rule, reserved=10)]
    read = [*map(settings, commands)]
    assert {len(command) + 10 > LONGEST for command in commands} == {False}
    assert [address for one in read for address in one["remoteip"].split(",")] == list(addresses)
    assert {tuple(sorted({**one, "remoteip": ""}.items())) for one in read} == {tuple(sorted({**read[0], "remoteip": ""}.items()))}
    assert len(commands) == sum(
        -(-sum(len(address) + 1 for address in addresses[start : start + 1000]) // 8000) for start in range(0, count, 1000)
    )


def test_no_command_has_more_addresses_than_windows_takes_in_a_rule() -> None:
    addresses = tuple(f"1.1.{number // 10}.{number % 10}" for number in range(100))
    addresses += tuple(f"1.2.{high}.{low}" for high in range(10) for low in range(100))
    commands = [*additions(WindowsRule("a", IN, "tcp", ("1",), addresses, ""))]
    parts = [settings(command)["remoteip"].split(",") for command in commands]
    assert [address for part in parts for address in part] == list(addresses)
    assert max(map(len, parts)) <= 1000


def test_any_address_is_what_netsh_takes_without_addresses() -> None:
    (command,) = additions(WindowsRule("own.x.a.ingress", IN, "tcp", ("8443",), ANY, ""))
    assert "remoteip" not in settings(command)


@pytest.mark.parametrize("text", HOSTILE)
def test_addresses_and_ports_are_nothing_but_numbers(text: str) -> None:
    rule = WindowsRule("own.x.a.ingress", IN, "tcp", ("8443",), ("198.51.100.7",), "")
    for hostile in (rule._replace(ports=(text,)), rule._replace(addresses=(text,))):
        with pytest.raises(ValueError, match="cannot hold safely"):
            list(additions(hostile))


def test_no_address_is_refused() -> None:
    with pytest.raises(ValueError, match=r"own\.x\.a\.ingress has no addresses"):
        list(additions(WindowsRule("own.x.a.ingress", IN, "tcp", ("8443",), (), "")))


def test_each_type_of_icmp_is_a_command() -> None:
    rule = WindowsRule("own.x.a.egress", OUT, "icmpv6", (), ANY, "", ("1:*", "135:0"))
    assert [settings(command)["protocol"] for command in additions(rule)] == ["icmpv6:1,any", "icmpv6:135,0"]
