# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a policy: good ones become rules, bad ones become messages that name the rule, never a traceback."""

from __future__ import annotations

import contextlib
import copy
import ipaddress
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._errors import PolicyRefused
from ansible_collections.federated.connectivity.plugins.module_utils._plan.ports import bounds, disjoint, is_port_range
from ansible_collections.federated.connectivity.plugins.module_utils._policy.model import AddressSet
from ansible_collections.federated.connectivity.plugins.module_utils._policy.reader import names_of, parse_policy

RULE: dict[str, t.Any] = {
    "id": "linksight.north.peer_http.ingress",
    "direction": "ingress",
    "protocol": "tcp",
    "ports": ["8443", "9000-9002"],
    "peers": {"address_sets": ["partners"], "names": ["registry.example.org"]},
    "placement": "published",
    "closed_to_others": True,
}
POLICY: dict[str, t.Any] = {
    "host": "station",
    "defaults": {"ingress": "unchanged", "egress": "deny"},
    "address_sets": {"partners": ["198.51.100.0/25", "198.51.100.128/25", "2001:db8::1"], "any": ["0.0.0.0/0", "::/0"]},
    "rules": [RULE],
}
INSIDE = {"flow": "network_wall.n.local_server", "protocol": "tcp", "ports": ["8080"]}
RESOLVED = {"registry.example.org": ["203.0.113.5"]}


def changed(path: tuple[t.Any, ...], value: t.Any) -> dict[str, t.Any]:
    """The good policy with one value replaced."""
    data = copy.deepcopy(POLICY)
    place: t.Any = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return data


def refusals(data: dict[str, t.Any], interfaces: t.Sequence[str] = ()) -> list[str]:
    with pytest.raises(PolicyRefused) as refusal:
        parse_policy(data, RESOLVED, None, interfaces)
    return list(refusal.value.messages)


def test_a_good_policy() -> None:
    policy = parse_policy(POLICY, RESOLVED, None, ["docker0", "br-*"])
    assert (policy.host, policy.deny_ingress, policy.deny_egress, policy.container_interfaces) == (
        "station",
        False,
        True,
        ("docker0", "br-*"),
    )
    (rule,) = policy.rules
    assert rule.peers == (
        AddressSet("partners", ("198.51.100.0/24",), ("2001:db8::1/128",)),
        AddressSet("registry.example.org", ("203.0.113.5/32",), ()),
    )
    assert str(rule) == (
        "ingress tcp 8443,9000-9002 from partners (2 networks), registry.example.org (1 network) [linksight.north.peer_http.ingress]"
    )


def test_a_name_without_addresses_opens_nothing() -> None:
    (rule,) = parse_policy(changed(("rules", 0, "peers", "address_sets"), []), {}, None).rules
    assert rule.peers == ()
    assert "from nobody" in str(rule)


@pytest.mark.parametrize(("direction", "closed"), [("ingress", True), ("egress", False)])
def test_a_port_is_closed_to_others_unless_the_rule_says_otherwise(direction: str, closed: bool) -> None:
    said = {name: value for name, value in RULE.items() if name != "closed_to_others"}
    (rule,) = parse_policy({**POLICY, "rules": [{**said, "direction": direction}]}, RESOLVED, None).rules
    assert rule.closed_to_others is closed


def test_keys_of_other_tools_are_welcome() -> None:
    assert parse_policy({**POLICY, "listeners": [], "rules": [{**RULE, "tls": "mutual"}]}, RESOLVED, None).rules[0].id == RULE["id"]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("host",), None, "policy: host must be a string"),
        (("defaults", "ingress"), "drop", "defaults: ingress is 'drop'; it can be unchanged or deny"),
        (("defaults",), None, "policy: defaults must be a dictionary"),
        (("rules",), {"a": 1}, "policy: rules must be a list of dictionaries"),
        (("rules",), [RULE, "a"], "policy: rules[1] must be a dictionary, not 'a'"),
        (("rules", 0, "id"), "", "rule : id must be a string"),
        (("rules", 0, "id"), "a\nb", "rule a\nb: id has characters that cannot be seen: 'a\\nb'"),
        (("address_sets", "a\0b"), [], "'a\\x00b' is not a valid name of an address set or a host"),
        (("rules", 0, "direction"), "forward", "rule linksight.north.peer_http.ingress: direction is 'forward'"),
        (
            ("rules", 0, "protocol"),
            "igmp",
            "rule linksight.north.peer_http.ingress: protocol is 'igmp'; it can be tcp or udp or sctp or esp",
        ),
        (("rules", 0, "protocol"), "esp", "rule linksight.north.peer_http.ingress: esp has no ports; write ports: []"),
        (("rules", 0, "protocol"), "icmp", "rule linksight.north.peer_http.ingress: no types; write which types of icmp are meant"),
        (
            ("rules", 0, "types"),
            ["echo-request"],
            "rule linksight.north.peer_http.ingress: only icmp and icmpv6 have types, and this is tcp",
        ),
        (("rules", 0, "placement"), "cloud", "rule linksight.north.peer_http.ingress: placement is 'cloud'"),
        (("rules", 0, "ports"), [], "rule linksight.north.peer_http.ingress: no ports"),
        (("rules", 0, "ports"), [8443], "rule linksight.north.peer_http.ingress: ports[0] must be a string, not 8443"),
        (("rules", 0, "ports"), ["9-8"], "rule linksight.north.peer_http.ingress: '9-8' is not a valid port"),
        (("rules", 0, "peers"), [], "rule linksight.north.peer_http.ingress: peers must be a dictionary"),
        (
            ("rules", 0, "peers", "address_sets"),
            ["strangers"],
            "rule linksight.north.peer_http.ingress: address set 'strangers' is not in the plan",
        ),
        (("rules", 0, "closed_to_others"), "no", "rule linksight.north.peer_http.ingress: closed_to_others must be true or false"),
        (("address_sets", "partners"), ["198.51.100.1/24"], "address set partners: 198.51.100.1/24 has host bits set"),
        (("address_sets", "partners"), ["fe80::1%eth0"], "address set partners: 'fe80::1%eth0' names an interface"),
        (("address_sets", "partners"), "any", "address_sets: partners must be a list of strings"),
        (("log_refused",), "yes", "policy: log_refused must be true or false, not 'yes'"),
        (("connection_limit",), -1, "policy: connection_limit must be a number from 0 to 65535, not -1"),
        (("connection_limit",), True, "policy: connection_limit must be a number from 0 to 65535, not True"),
        (("containers_apart",), "none", "policy: containers_apart must be a list of dictionaries"),
        (("containers_apart",), [INSIDE, {**INSIDE, "ports": []}], "containers_apart[1]: no ports"),
        (
            ("containers_apart",),
            [{**INSIDE, "ports": ["8080; flush ruleset"]}],
            "containers_apart[0]: '8080; flush ruleset' is not a valid",
        ),
        (("containers_apart",), [{**INSIDE, "protocol": "any"}], "containers_apart[0]: protocol is 'any'; it can be tcp or udp"),
        (("containers_apart",), [{"protocol": "tcp", "ports": ["1"]}], "containers_apart[0]: flow must be a string, not None"),
        (("computations",), None, "policy: computations must be a list of dictionaries"),
        (("computations",), [INSIDE, {**INSIDE, "ports": ["8881 accept"]}], "computations[1]: '8881 accept' is not a valid port"),
        (("computations",), [{**INSIDE, "flow": "a\nb"}], "computations[0]: flow has characters that cannot be seen"),
        (("address_sets", "registry.example.org"), [], "'registry.example.org' is both an address set and a host name"),
    ],
)
def test_a_mistake_is_named(path: tuple[t.Any, ...], value: t.Any, message: str) -> None:
    assert any(refusal.startswith(message) for refusal in refusals(changed(path, value)))


def test_flows_between_containers_are_read_with_each_port_once() -> None:
    assert parse_policy(POLICY, RESOLVED, None).containers_apart is None
    (flow,) = parse_policy({**POLICY, "containers_apart": [{**INSIDE, "ports": ["80", "70-90"]}]}, RESOLVED, None).containers_apart or ()
    assert flow == (INSIDE["flow"], "tcp", ("70-90",))


def test_containers_for_the_host_alone_are_read_with_each_port_once() -> None:
    assert parse_policy(POLICY, RESOLVED, None).computations == ()
    policy = parse_policy({**POLICY, "computations": [{**INSIDE, "ports": ["8882", "8881", "8881"]}]}, RESOLVED, None)
    assert policy.computations == ((INSIDE["flow"], "tcp", ("8881", "8882")),)


def test_all_mistakes_are_said_at_once() -> None:
    twice = [RULE, {**RULE, "ports": ["0"]}]
    assert refusals({**POLICY, "rules": twice}, ['eth0" accept']) == [
        "rule linksight.north.peer_http.ingress: '0' is not a valid port",
        "rule linksight.north.peer_http.ingress: stands in the policy more than once",
        "container_interfaces: 'eth0\" accept' is not a valid interface name; a prefix may end in *",
    ]
    assert refusals({**POLICY, "defaults": {}, "rules": [1, {**RULE, "ports": [8443]}]}) == [
        "policy: rules[0] must be a dictionary, not 1",
        "rule linksight.north.peer_http.ingress: ports[0] must be a string, not 8443",
        "defaults: ingress must be a string, not None",
        "defaults: egress must be a string, not None",
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(
    st.sampled_from(
        [
            ("host",),
            ("defaults",),
            ("address_sets",),
            ("rules",),
            ("rules", 0),
            ("log_refused",),
            ("connection_limit",),
            ("containers_apart",),
            ("address_sets", "partners"),
            *(("rules", 0, key) for key in RULE),
        ]
    ),
    json_values,
)
def test_no_data_makes_it_stumble(path: tuple[t.Any, ...], value: t.Any) -> None:
    data = changed(path, value)
    assert isinstance(names_of(data), list)
    with contextlib.suppress(PolicyRefused):
        assert all(rule.ports for rule in parse_policy(data, RESOLVED, None).rules)


@given(st.integers(-5, 70000), st.integers(-5, 70000))
def test_ports(low: int, high: int) -> None:
    assert is_port_range(str(low)) == (1 <= low <= 65535)
    assert is_port_range(f"{low}-{high}") == (1 <= low < high <= 65535)
    if is_port_range(f"{low}-{high}"):
        assert bounds(f"{low}-{high}") == (low, high)


@pytest.mark.parametrize("text", ["", "-", "1-", "-1", "a", "080", "1-2-3", " 1", "1\n", "\u0661"])
def test_no_ports(text: str) -> None:
    assert not is_port_range(text)


@given(st.lists(st.lists(st.integers(1, 40), min_size=1, max_size=2, unique=True).map(sorted), max_size=8))
def test_the_ports_of_a_rule_are_said_once_each_in_ascending_order(spans: list[list[int]]) -> None:
    ports = disjoint("-".join(map(str, span)) for span in spans)
    said = [port for low, high in map(bounds, ports) for port in range(low, high + 1)]
    assert said == sorted({port for span in spans for port in range(span[0], span[-1] + 1)})
    assert all(map(is_port_range, ports))
    assert disjoint(reversed(ports)) == ports


@given(st.lists(st.ip_addresses(), min_size=1, max_size=20), st.ip_addresses())
def test_an_address_set_covers_exactly_its_addresses(
    members: list[ipaddress.IPv4Address | ipaddress.IPv6Address], other: ipaddress.IPv4Address | ipaddress.IPv6Address
) -> None:
    data = changed(("address_sets", "partners"), [str(member) for member in members if "%" not in str(member)])
    partners = parse_policy(data, RESOLVED, None).rules[0].peers[0]
    assert all(partners.covers(str(member)) for member in members)
    assert partners.covers(str(other)) == (other in members)


@pytest.mark.parametrize(
    ("direction_denied", "ports", "closed", "client", "needed"),
    [
        (None, "8443", True, "198.51.100.66", False),
        (None, "22", True, "203.0.113.66", True),
        (None, "20-30", True, "203.0.113.66", True),
        (None, "22", False, "203.0.113.66", False),
        (None, "22", True, "198.51.100.66", False),
        ("ingress", "8443", True, "198.51.100.66", True),
        ("egress", "8443", True, "198.51.100.66", True),
        ("ingress", "22", False, "198.51.100.66", False),
        ("ingress", "22", False, "2001:db8::1", False),
        ("ingress", "22", False, "2001:db8::2", True),
    ],
)
def test_the_live_connection_has_its_own_rule_exactly_where_it_could_be_refused(
    direction_denied: str | None, ports: str, closed: bool, client: str, needed: bool
) -> None:
    data = changed(
        ("rules", 0), {**RULE, "ports": [ports], "closed_to_others": closed, "peers": {"address_sets": ["partners"], "names": []}}
    )
    data["defaults"] = {direction: "deny" if direction == direction_denied else "unchanged" for direction in ("ingress", "egress")}
    assert parse_policy(data, {}, (client, 22)).management == ((client, 22) if needed else None)
