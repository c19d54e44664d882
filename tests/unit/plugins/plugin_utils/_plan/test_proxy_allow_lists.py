# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a forward proxy is asked to permit is what the plan sends through it: said to people, and as Squid reads it."""

from __future__ import annotations

import ipaddress
import types
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._plan.model import Defaults, HostPart, Peers, PlanProxy, ProxiedFlow
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.proxy_allow_lists import allow_lists
from ansible_collections.federated.connectivity.plugins.plugin_utils._rules.plan import Plan

PROXY = "http://198.51.100.8:3128"
SETS = {
    "any": ["0.0.0.0/0", "::/0"],
    "partner": ["203.0.113.20/32", "2001:db8:3::20/128"],
    "site": ["203.0.113.64/26", "2001:db8:4::/64"],
    "empty": [],
}


def flow(name: str = "m.f.updates", proxy: str = "https_proxy", ports: list[str] | None = None, **peers: list[str]) -> ProxiedFlow:
    method = "CONNECT" if proxy == "https_proxy" else "plain"
    return ProxiedFlow(name, proxy, method, tuple(ports or ["443"]), Peers.from_json(peers), "unknown", "Updates")


def plan(hosts: dict[str, list[str]], flows: list[ProxiedFlow], url: str | None = PROXY, managed: bool = True) -> Plan:
    """As much of a plan as the lists are made from."""
    proxy = PlanProxy(url, url, False, False, (), {}, tuple(flows)) if url else None
    part = HostPart(managed, "linux", (), Defaults(), (), (), proxy, ())
    group = [types.SimpleNamespace(name=name, addresses=tuple(addresses)) for name, addresses in hosts.items()]
    return t.cast(Plan, types.SimpleNamespace(hosts=[(group, part)], index={"address_sets": SETS}))


def lists(of: Plan) -> dict[str, str]:
    return dict(allow_lists(of))


ALPHA = {"alpha": ["198.51.100.10", "2001:db8:1::10"]}
VENDOR = flow(names=["updates.example.org"], address_sets=["partner"])


def test_people_read_who_goes_where_and_how() -> None:
    hosts = {"beta": [], **ALPHA}
    text = lists(plan(hosts, [VENDOR, flow("m.f.web", "http_proxy", ["80", "8000-8010"], address_sets=["any"])]))[
        "proxies/http_198.51.100.8_3128/allow.txt"
    ]
    assert text.splitlines() == [
        "What the forward proxy http://198.51.100.8:3128 has to permit (made by federated.connectivity; do not edit)",
        "",
        "m.f.updates: Updates",
        "  from  alpha: 198.51.100.10, 2001:db8:1::10",
        "  from  beta: its address is not known",
        "  to    updates.example.org",
        "  to    203.0.113.20",
        "  to    2001:db8:3::20",
        "  by    CONNECT, port 443",
        "  TLS   leave it alone: whether it bears inspection is not documented",
        "",
        "m.f.web: Updates",
        "  from  alpha: 198.51.100.10, 2001:db8:1::10",
        "  from  beta: its address is not known",
        "  to    any",
        "  by    plain HTTP, port 80, 8000-8010",
        "  TLS   leave it alone: whether it bears inspection is not documented",
    ]


@pytest.mark.parametrize(
    ("url", "directory"),
    [
        (PROXY, "http_198.51.100.8_3128"),
        ("https://proxy.example.org:3129", "https_proxy.example.org_3129"),
        ("http://[2001:db8::8]:3128", "http_2001-db8--8__3128"),
    ],
)
def test_each_proxy_has_a_directory_that_every_file_system_takes(url: str, directory: str) -> None:
    assert list(lists(plan(ALPHA, [VENDOR], url))) == [f"proxies/{directory}/allow.txt", f"proxies/{directory}/squid.conf"]


def test_proxies_that_differ_have_lists_of_their_own_by_what_uses_them() -> None:
    both = plan(ALPHA, [VENDOR, flow("m.f.web", "http_proxy", ["80"], address_sets=["site"])])
    ((hosts, part),) = both.hosts
    assert part.proxy
    proxies = part.proxy._replace(http_proxy="http://198.51.100.9:3128")
    found = lists(t.cast(Plan, types.SimpleNamespace(hosts=[(hosts, part._replace(proxy=proxies))], index=both.index)))
    assert len(found) == 4
    assert ["m.f.web" in found[f"proxies/http_198.51.100.{last}_3128/allow.txt"] for last in (8, 9)] == [False, True]
    assert ["m.f.updates" in found[f"proxies/http_198.51.100.{last}_3128/squid.conf"] for last in (8, 9)] == [True, False]


@pytest.mark.parametrize("url", ["http://localhost:3128", "http://127.0.0.1:3128", "http://[::1]:3128", None])
def test_nobody_is_asked_where_no_proxy_is_elsewhere(url: str | None) -> None:
    assert lists(plan(ALPHA, [VENDOR], url)) == {}


def test_partners_hosts_are_their_own_business() -> None:
    assert lists(plan(ALPHA, [VENDOR], managed=False)) == {}


@given(st.text(min_size=1, max_size=12))
def test_a_host_s_name_stays_on_its_line(name: str) -> None:
    usual, drawn = lists(plan(ALPHA, [VENDOR])), lists(plan({name: ALPHA["alpha"]}, [VENDOR]))
    for path, text in drawn.items():
        assert len(text.splitlines()) == len(usual[path].splitlines())
    (squid,) = (text for path, text in drawn.items() if path.endswith("squid.conf"))
    assert rules_of(squid) == rules_of(usual["proxies/http_198.51.100.8_3128/squid.conf"])


# A reader of Squid's access rules, as far as they are used: squid.conf.documented, "acl" and "http_access".


class Request(t.NamedTuple):
    client: str
    method: str
    target: str
    port: int


def rules_of(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def permits(text: str, request: Request) -> bool:
    """Lists of one name are alternatives; a rule holds if all of its lists do, the first rule that holds decides, and denial is last."""
    acls: dict[str, list[list[str]]] = {}
    for line in rules_of(text):
        kind, *words = line.split()
        if kind == "acl":
            acls.setdefault(words[0], []).append(words[1:])
            assert len({entry[0] for entry in acls[words[0]]}) == 1, "Squid refuses a list of two kinds"
        else:
            assert (kind, words[0]) == ("http_access", "allow")
            if all(any(_holds(entry, request) for entry in acls[name.removeprefix("!")]) != name.startswith("!") for name in words[1:]):
                return True
    return False


def _holds(entry: list[str], request: Request) -> bool:
    kind, *values = entry
    if kind == "method":
        return request.method in values
    if kind == "port":
        low, _dash, high = values[0].partition("-")
        return int(low) <= request.port <= int(high or low)
    if kind == "dstdomain":
        assert values[0] == "-n", "without it Squid looks up the names of addresses, which their owners choose"
        return request.target in values[1:]
    address = {"src": request.client, "dst": request.target}[kind]
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(values[0])
    except ValueError:
        return False


CLIENTS = ["198.51.100.10", "2001:db8:1::10", "198.51.100.11", "198.51.100.12"]
TARGETS = [
    "203.0.113.20",
    "2001:db8:3::20",
    "203.0.113.70",
    "2001:db8:4::7",
    "203.0.113.200",
    "a.example.org",
    "b.example.org",
    "sub.a.example.org",
]
PORTS = [80, 443, 8005, 8011]
FLOWS = st.lists(
    st.builds(
        flow,
        st.sampled_from(["m.f.one", "m.f.two"]),
        st.sampled_from(["http_proxy", "https_proxy"]),
        st.lists(st.sampled_from(["80", "443", "8000-8010"]), min_size=1, max_size=2, unique=True),
        names=st.lists(st.sampled_from(["a.example.org", "b.example.org"]), max_size=2, unique=True),
        address_sets=st.lists(st.sampled_from([*SETS]), max_size=2, unique=True),
    ),
    min_size=1,
    max_size=4,
)
HOSTS = st.dictionaries(st.sampled_from(["alpha", "beta"]), st.lists(st.sampled_from(CLIENTS[:3]), max_size=2, unique=True), min_size=1)


def planned(flows: list[ProxiedFlow], clients: set[str], request: Request) -> bool:
    """Whether the plan has a flow for a request."""
    if request.client not in clients:
        return False
    for each in flows:
        networks = [ipaddress.ip_network(cidr) for name in each.peers.address_sets for cidr in SETS[name]]
        is_name = request.target.endswith(".org")
        anybody = "any" in each.peers.address_sets
        there = request.target in each.peers.names if is_name else any(ipaddress.ip_address(request.target) in one for one in networks)
        spans = [port.partition("-") for port in each.ports]
        if (
            (there or anybody)
            and (each.method == "CONNECT") == (request.method == "CONNECT")
            and any(int(low) <= request.port <= int(high or low) for low, _dash, high in spans)
        ):
            return True
    return False


@given(HOSTS, FLOWS, st.data())
def test_squid_permits_what_is_planned_and_nothing_else(hosts: dict[str, list[str]], flows: list[ProxiedFlow], data: st.DataObject) -> None:
    squid = lists(plan(hosts, flows))["proxies/http_198.51.100.8_3128/squid.conf"]
    clients = {address for addresses in hosts.values() for address in addresses}
    for client in CLIENTS:
        for target in TARGETS:
            request = Request(client, data.draw(st.sampled_from(["CONNECT", "GET"])), target, data.draw(st.sampled_from(PORTS)))
            assert permits(squid, request) == planned(flows, clients, request), request
