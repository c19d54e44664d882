# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What hosts saw becomes a matrix: in any order the same, past the gate of all matrices, and its plan admits exactly what was seen."""

from __future__ import annotations

import pathlib
import tempfile
import typing as t

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.problems import PlanRefused
from ansible_collections.federated.connectivity.plugins.plugin_utils._explain.connections import connections
from ansible_collections.federated.connectivity.plugins.plugin_utils._explain.decisions import Verdict
from ansible_collections.federated.connectivity.plugins.plugin_utils._explain.parties import find_party
from ansible_collections.federated.connectivity.plugins.plugin_utils._host_answers.results import judge_answer
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._observe.compare import compare
from ansible_collections.federated.connectivity.plugins.plugin_utils._observe.draft import NOTHING_SEEN, draft_observed
from ansible_collections.federated.connectivity.plugins.plugin_utils._observe.sightings import Member
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.reader import AddressSetIndex, Plan, read_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.writer import write_plan

Row = dict[str, t.Any]
ROLES = {"hub": ("hub",), "site1": ("site",), "site2": ("site",), "desk": ("desk",)}
ADDRESSES = {name: (f"198.51.100.{number}", f"2001:db8:1::{number}") for name, number in zip(ROLES, (10, 21, 22, 30), strict=True)}
USERS, STRANGER = "203.0.113.7", "192.0.2.9"
NETWORKS = {"users": ("203.0.113.0/28",)}
PORTS = (443, 8000, 8001, 32768, 45000, 65535)
FILE = pathlib.Path("matrices/seen.yml")


def connection(peer: str, port: int, incoming: bool, **more: t.Any) -> Row:
    usual = {"protocol": "tcp", "own": not peer, "placement": "host", "program": "node", "opened": 2, "looks": 5, "answered": True}
    return {**usual, "peer": peer, "port": port, "incoming": incoming, **more}


def listener(port: int, address: str = "0.0.0.0", **more: t.Any) -> Row:
    return {"protocol": "tcp", "address": address, "port": port, "placement": "host", "program": "node", "tls": "", **more}


def answer(sockets: t.Sequence[Row] = (), rows: t.Sequence[Row] = ()) -> Row:
    return {"sockets": [*sockets], "connections": [*rows], "looks": 10, "tracked": True, "cut": False, "unmatched": [], "hidden": []}


def members(answers: t.Mapping[str, Row]) -> list[Member]:
    return [Member(name, ADDRESSES[name], NETWORKS, answers.get(name)) for name in ROLES]


def draft(found: t.Sequence[Member], roles: t.Mapping[str, tuple[str, ...]] = ROLES, notes: t.Sequence[str] = ()) -> str:
    return draft_observed(found, roles, {"site": "site", "hub": "Hubs"}, FILE, "processes node", notes).text


def flows(text: str) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", yaml.safe_load(text)["flows"])


class Truth(t.NamedTuple):
    """A connection that really was: names of hosts, or addresses of others."""

    initiator: str
    responder: str
    protocol: str
    port: int


hosts = st.sampled_from(sorted(ROLES))
anybody = st.one_of(hosts, st.sampled_from([USERS, STRANGER]))
truths = st.lists(
    st.builds(Truth, anybody, anybody, st.sampled_from(["tcp", "udp"]), st.sampled_from(PORTS)).filter(
        lambda one: one.initiator in ROLES or one.responder in ROLES
    ),
    min_size=1,
    max_size=5,
    unique=True,
)


@st.composite
def sightings(draw: st.DrawFn, one_end: bool = False) -> tuple[list[Truth], dict[str, Row]]:
    """Connections, and what hosts tell of them: both ends, or one of them; with listeners of their own."""
    found = draw(truths)
    told: dict[str, list[Row]] = {name: [] for name in ROLES}
    sockets: dict[str, list[Row]] = {name: [] for name in ROLES}
    for one in found:
        looks, opened = draw(st.integers(1, 10)), draw(st.integers(1, 50))
        ends = [(one.initiator, one.responder, False), (one.responder, one.initiator, True)]
        for end, other, incoming in draw(st.permutations(ends))[: draw(st.integers(1, 2))] if one_end else ends:
            if end in ROLES:
                peer = ADDRESSES[other][draw(st.integers(0, 1))] if other in ROLES else other
                own = end == other
                row = connection("" if own else peer, one.port, incoming or own, protocol=one.protocol, looks=looks, opened=opened)
                told[end].append(row)
    for name in ROLES:
        for port, address in draw(
            st.lists(st.tuples(st.sampled_from(PORTS), st.sampled_from(["0.0.0.0", "127.0.0.1", "::1"])), max_size=2)
        ):
            sockets[name].append(listener(port, address, tls=draw(st.sampled_from(["", "none", "server", "mutual"]))))
    return found, {name: answer(sockets[name], told[name]) for name in ROLES}


@given(st.data())
def test_any_order_of_hosts_and_rows_gives_the_same_draft(data: st.DataObject) -> None:
    _found, answers = data.draw(sightings())
    shuffled = {
        name: {**own, **{key: data.draw(st.permutations(own[key])) for key in ("sockets", "connections")}} for name, own in answers.items()
    }
    once, again = members(answers), data.draw(st.permutations(members(shuffled)))
    try:
        first = draft(once)
    except PlanRefused:
        with pytest.raises(PlanRefused):
            draft(again)
    else:
        assert draft(again) == first


@given(st.data())
def test_every_draft_passes_the_gate_and_its_plan_admits_exactly_what_was_seen(data: st.DataObject) -> None:
    found, answers = data.draw(sightings(one_end=True))
    seen = _told(found, answers)
    if not seen and not any(own["sockets"] for own in answers.values()):
        with pytest.raises(PlanRefused, match="did nothing on the network"):
            draft(members(answers))
        return
    text = draft(members(answers))
    plan = planned(text)
    sets = AddressSetIndex(plan.address_sets)
    between = {_by_role(one) for one in seen if {one.initiator, one.responder} <= ROLES.keys() and one.initiator != one.responder}
    ports = sorted({one.port for one in found})
    for protocol in ("tcp", "udp"):
        for port in ports:
            for initiator in ROLES:
                for responder in ROLES.keys() - {initiator}:
                    wanted = _by_role(Truth(initiator, responder, protocol, port)) in between
                    decided = connections(plan, sets, find_party(initiator, plan), find_party(responder, plan), protocol, port)
                    assert {one.verdict is Verdict.ALLOWED for one in decided} == {wanted}
    users = {(one.responder, one.protocol, one.port) for one in seen if one.initiator == USERS and one.responder in ROLES}
    for address, rightly in ((USERS, {(ROLES[one], *rest) for one, *rest in users}), (STRANGER, set())):
        for host in ROLES:
            for port in ports:
                decided = connections(plan, sets, find_party(address, plan), find_party(host, plan), "tcp", port)
                assert {one.verdict is Verdict.ALLOWED for one in decided} == {(ROLES[host], "tcp", port) in rightly}
    assert all(STRANGER in line for line in compare(members(answers), plan).lacking)


def _told(found: t.Iterable[Truth], answers: t.Mapping[str, Row]) -> list[Truth]:
    """The connections that at least one end told."""
    rows = {
        (name, row["peer"], row["protocol"], row["port"], row["incoming"]) for name, own in answers.items() for row in own["connections"]
    }

    def told(one: Truth) -> bool:
        ends = ((one.initiator, one.responder, False), (one.responder, one.initiator, True))
        return any(
            (end, peer, one.protocol, one.port, incoming) in rows
            for end, other, incoming in ends
            for peer in ADDRESSES.get(other, (other,))
        )

    return [one for one in found if one.initiator != one.responder and told(one)]


def _by_role(one: Truth) -> tuple[object, ...]:
    return ROLES[one.initiator], ROLES[one.responder], one.protocol, one.port


def planned(text: str, defaults: str = "deny") -> Plan:
    with tempfile.TemporaryDirectory() as directory:
        place = pathlib.Path(directory)
        (place / "seen.yml").write_text(text, encoding="utf-8")
        known = yaml.safe_load(text)["roles"]
        inventory: dict[str, Row] = {
            name: {
                "connectivity_memberships": [
                    {"matrix": "seen.yml", "federation": "north", "roles": [role for role in own if role in known]}
                ]
                if set(own) & set(known)
                else [{"matrix": "linksight", "federation": "idle", "roles": ["supervisor"]}],
                "connectivity_addresses": list(ADDRESSES[name]),
                "connectivity_networks": {network: list(cidrs) for network, cidrs in NETWORKS.items()},
                "connectivity_defaults": {"ingress": defaults, "egress": defaults},
            }
            for name, own in ROLES.items()
        }
        write_plan(compute_plan(inventory, Catalogue([directory])), place / "plan")
        return read_plan(place / "plan")


def test_a_federation_becomes_a_draft_with_comments() -> None:
    answers = {
        "hub": answer(
            [listener(8000, tls="server"), listener(9094, "127.0.0.1"), listener(40000, "127.0.0.1"), listener(9999)],
            [
                connection(ADDRESSES["site1"][0], 8000, True),
                connection("", 8000, True),
                connection(STRANGER, 8000, True, looks=1, opened=1),
            ],
        ),
        "site1": answer((), [connection(ADDRESSES["hub"][0], 8000, False, looks=10), connection("192.0.2.80", 443, False, answered=False)]),
        "site2": answer((), [connection("198.51.100.53", 53, False, protocol="udp")]),
    }
    text = draft(members(answers), notes=["host site2: never seen there: odd"])
    found = flows(text)
    assert {
        name: (flow["initiator"], flow["responder"], flow["tls"], flow["necessity"], flow["exposure"]) for name, flow in found.items()
    } == {
        "to_outside_tcp_443": ({"roles": ["site"]}, {"network": "to_outside_tcp_443"}, "unknown", "optional", "internet"),
        "hub_tcp_8000": ({"roles": ["site"]}, {"roles": ["hub"]}, "server", "conditional", "partners"),
        "hub_tcp_8000_from_outside": ({"network": "from_outside_tcp_8000"}, {"roles": ["hub"]}, "server", "optional", "partners"),
        "hub_tcp_9094_local": ({"local": True}, {"roles": ["hub"]}, "unknown", "conditional", "loopback"),
        "hub_tcp_9999_local": ({"local": True}, {"roles": ["hub"]}, "unknown", "conditional", "host"),
        "hub_tcp_temporary": ({"local": True}, {"roles": ["hub"]}, "unknown", "conditional", "loopback"),
    }
    assert found["hub_tcp_temporary"]["ports"] == ["32768-60999"]
    assert found["hub_tcp_temporary"]["dynamic"] is True
    for said in (
        "# host site2: never seen there: odd",
        "#   group Hubs: connectivity_memberships: [{matrix: matrices/seen.yml, federation: NAME, roles: [hub]}]",
        "#   - from_outside_tcp_8000 to hub, tcp 8000: who is 192.0.2.9?",
        "#   - site2 asks name servers or clocks: every managed host has them in its baseline",
        "  # Stays open. If it is silent for long, add long_lived: true.",
        "  # Came once.",
        "  # The host itself connects there, too: that needs no rule.",
        "  # Nobody connected to it. It is closed to others: if somebody has to connect, write who.",
        "  # Nobody ever answered. It is optional: leave it out if the software works without it.",
        "  # Seen on 40000: the range that Linux takes such ports from.",
    ):
        assert said in text.splitlines()


def test_a_published_port_is_drafted_as_one_and_connections_of_containers_too() -> None:
    answers = {
        "hub": answer([listener(8000, placement="published")], [connection(ADDRESSES["site1"][0], 8000, True, placement="published")]),
        "site1": answer((), [connection(ADDRESSES["hub"][0], 8000, False, placement="published")]),
    }
    (flow,) = flows(draft(members(answers))).values()
    assert flow["placement"] == {"initiator": "published", "responder": "published"}
    only = flows(draft(members({"hub": answer([listener(8000, placement="published")])})))
    assert only["hub_tcp_8000_local"]["placement"] == {"responder": "published"}


def test_tls_that_differs_is_unknown_and_said() -> None:
    rows = [connection(ADDRESSES["hub"][0], 8000, True)]
    answers = {"site1": answer([listener(8000, tls="server")], rows), "site2": answer([listener(8000, tls="none")], rows)}
    text = draft(members(answers))
    assert flows(text)["site_tcp_8000"]["tls"] == "unknown"
    assert "  # TLS differs: none on site2, server on site1." in text.splitlines()


def test_what_stays_on_the_host_without_a_known_listener_needs_no_flow() -> None:
    answers = {"hub": answer([listener(8000)], [connection("", 5432, True)])}
    text = draft(members(answers))
    assert [*flows(text)] == ["hub_tcp_8000_local"]
    assert "#   - hub connects to its own tcp 5432, where no chosen program listens: no rule is needed" in text.splitlines()


def test_ssh_belongs_to_the_baseline() -> None:
    text = draft(members({"hub": answer([listener(22), listener(8000)], [connection(ADDRESSES["site1"][0], 22, True)])}))
    assert [*flows(text)] == ["hub_tcp_8000_local"]
    assert "#   - hub is reached at tcp 22: the baseline of every managed host has it, for the network management" in text.splitlines()


def test_nothing_seen_is_an_error_that_says_what_to_try() -> None:
    with pytest.raises(PlanRefused, match="run a job of the system, and watch longer"):
        draft(members({"hub": answer()}))


def test_names_of_flows_fit_and_are_different() -> None:
    long = {name: (f"{'a' * 38}_{index}",) for index, name in enumerate(ROLES)}
    rows = [connection(ADDRESSES["hub"][0], port, True) for port in (8000, 8001)]
    found = flows(draft(members({name: answer((), rows) for name in ("site1", "site2", "desk")}), long))
    assert len(found) == 6
    assert all(len(name) <= 40 for name in found)


@given(st.text(max_size=30), st.text(max_size=30))
def test_whatever_a_note_or_a_group_is_called_the_draft_stays_data(note: str, group: str) -> None:
    found = members({"hub": answer([listener(8000)])})
    drafted = draft_observed(found, ROLES, {"hub": group}, FILE, note, [note])
    assert [*flows(drafted.text)] == ["hub_tcp_8000_local"]


addresses = st.ip_addresses().map(str)
services = {
    "protocol": st.sampled_from(["tcp", "udp"]),
    "port": st.integers(1, 65535),
    "placement": st.sampled_from(["host", "published"]),
    "program": st.from_regex(r"[A-Za-z0-9_.+:@-]{0,8}", fullmatch=True),
}
told = st.fixed_dictionaries(
    {
        "sockets": st.lists(
            st.fixed_dictionaries({**services, "address": addresses, "tls": st.sampled_from(["", "none", "server", "mutual"])}), max_size=4
        ),
        "connections": st.lists(
            st.fixed_dictionaries(
                {
                    **services,
                    "incoming": st.booleans(),
                    "own": st.booleans(),
                    "peer": st.one_of(addresses, st.sampled_from(["", USERS, *(one for both in ADDRESSES.values() for one in both)])),
                    "opened": st.integers(1, 100_000),
                    "looks": st.integers(1, 10**6),
                    "answered": st.booleans(),
                }
            ),
            max_size=6,
        ),
        "looks": st.integers(1, 10**6),
        "tracked": st.booleans(),
        "cut": st.booleans(),
        "unmatched": st.just([]),
        "hidden": st.just([]),
    }
)


@given(told, told)
def test_whatever_hosts_answer_the_draft_passes_the_gate_and_can_be_planned(hub: Row, site: Row) -> None:
    answers = {name: judge_answer("observation_info", own).content for name, own in (("hub", hub), ("site1", site))}
    try:
        text = draft(members(answers))
    except PlanRefused as refused:
        assert refused.messages == (NOTHING_SEEN,)  # noqa: PT017 - no other refusal is one
    else:
        assert set(planned(text).hosts) == ROLES.keys()
