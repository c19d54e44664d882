# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Traces are read whatever they hold, and say where a connection stops."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._plan.model import HostPlan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.reader import Plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._trace.reading import HOPS, Hop, Trace, read_trace
from ansible_collections.federated.connectivity.plugins.plugin_utils._trace.report import Judged, lines, report, summary
from ansible_collections.federated.connectivity.plugins.plugin_utils._trace.targets import (
    TARGETS,
    NotTraceable,
    Target,
    asked,
    by_host,
    unshown,
)
from ansible_collections.federated.connectivity.plugins.plugin_utils._trace.verdict import Ends, Place, Verdict, judge

ENDS = Ends("clinic", ("192.0.2.10", "2001:db8:1::10"), "hub", "198.51.100.75", 6443)
ENDS6 = ENDS._replace(destination="2001:db8:2::75")
SHRINE = (
    "traceroute to shrine-hub.example.edu (198.51.100.75), 30 hops max, 60 byte packets\n"
    + "".join(f" {hop}  * * *\n" for hop in range(1, 12))
    + "12  shrine-hub.example.edu (198.51.100.75) <syn,ack>  95.025 ms * *\n"
)
"""What the SHRINE documentation shows, with an address."""


def trace(*hops: str) -> str:
    return "traceroute to 198.51.100.75, 20 hops max\n" + "".join(f"{number:2}  {hop}\n" for number, hop in enumerate(hops, 1))


def place(*hops: str, ends: Ends = ENDS) -> Place:
    return judge(read_trace(trace(*hops)), ends).place


def test_stars_on_the_way_are_normal_and_the_last_line_counts() -> None:
    found = read_trace(SHRINE)
    assert found.hops[-1] == Hop(12, ("198.51.100.75",), "syn,ack")
    assert found.answered == (found.hops[-1],)
    assert judge(found, ENDS) == Verdict(Place.PASSES, "hub accepts the connection (SYN, ACK) at hop 12")


@pytest.mark.parametrize(
    ("line", "hop"),
    [
        ("10.0.0.1  0.044 ms  0.02 ms", Hop(1, ("10.0.0.1",))),
        ("10.0.0.1  0.044 ms 10.0.0.2  0.02 ms *", Hop(1, ("10.0.0.1", "10.0.0.2"))),
        ("router.example (10.0.0.1)  0.044 ms !X", Hop(1, ("10.0.0.1",), "", "!X")),
        ("2001:db8::1  0.1 ms !13 *", Hop(1, ("2001:db8::1",), "", "!13")),
        ("fe80::1%eth0  0.1 ms", Hop(1, ("fe80::1",))),
        ("198.51.100.75 [open]  0.2 ms", Hop(1, ("198.51.100.75",), "syn,ack")),
        ("198.51.100.75 [closed]  0.2 ms", Hop(1, ("198.51.100.75",), "rst,ack")),
        ("* *", Hop(1)),
    ],
)
def test_lines_of_both_commands(line: str, hop: Hop) -> None:
    assert read_trace(trace(line)).hops == (hop,)


WORDS = st.sampled_from(
    ["*", "1", "10.0.0.1", "(2001:db8::1)", "<syn,ack>", "<rst>", "!X", "!", "ms", "[open]", "999", "\u202e", "<script>", "\n"]
)


@given(st.text() | st.lists(WORDS).map(" ".join) | st.lists(WORDS).map(lambda words: trace(" ".join(words))))
def test_no_output_makes_the_reader_or_the_judge_crash(output: str) -> None:
    found = read_trace(output)
    assert len(found.hops) <= HOPS
    assert [hop.distance for hop in found.hops] == sorted({hop.distance for hop in found.hops})
    for ends in (ENDS, ENDS6, ENDS._replace(own=())):
        verdict = judge(found, ends)
        assert verdict.place in Place
        (line, *more) = lines([Judged(Target("clinic", "hub", ends.destination, 6443), verdict)])
        assert all(one.isprintable() for one in (line, *more))


@pytest.mark.parametrize(
    ("hops", "ends", "expected"),
    [
        (["192.0.2.1  1 ms", "198.51.100.75 <rst,ack>  1 ms"], ENDS, Place.NOT_RUNNING),
        (["192.0.2.1  1 ms", "* *", "* *"], ENDS, Place.OWN_PERIMETER),
        (["192.0.2.1  1 ms", "10.1.0.1  1 ms", "* *"], ENDS, Place.OWN_PERIMETER),
        (["* *", "10.1.0.1  1 ms", "* *"], ENDS, Place.OWN_PERIMETER),
        (["192.0.2.1  1 ms", "203.0.113.9  1 ms", "* *"], ENDS, Place.BETWEEN),
        (["192.0.2.1  1 ms", "203.0.113.9  1 ms", "198.51.100.1  1 ms", "* *"], ENDS, Place.PARTNER_PERIMETER),
        (["192.0.2.1  1 ms", "203.0.113.9  1 ms", "10.9.0.1  1 ms", "* *"], ENDS, Place.PARTNER_PERIMETER),
        (["192.0.2.1  1 ms", "198.51.100.75  1 ms !X"], ENDS, Place.PARTNER_HOST),
        (["192.0.2.1  1 ms !X"], ENDS, Place.OWN_PERIMETER),
        (["192.0.2.1  1 ms", "203.0.113.9  1 ms !N"], ENDS, Place.BETWEEN),
        (["192.0.2.10  1 ms !H"], ENDS, Place.OWN_HOST),
        (["* *", "* *"], ENDS, Place.UNKNOWN),
        (["* *", "* *"], ENDS._replace(destination="192.0.2.20"), Place.PARTNER_HOST),
        (["2001:db8:1::1  1 ms", "* *"], ENDS6, Place.OWN_PERIMETER),
        (["2001:db8:1::1  1 ms", "2001:db8:ffff::1  1 ms", "* *"], ENDS6, Place.BETWEEN),
        (["2001:db8:1::1  1 ms", "2001:db8:ffff::1  1 ms", "2001:db8:2::1  1 ms", "* *"], ENDS6, Place.PARTNER_PERIMETER),
        (["2001:db8:1::1  1 ms", "2001:db8:2::75 <syn,ack>  1 ms"], ENDS6, Place.PASSES),
    ],
)
def test_where_a_connection_stops(hops: list[str], ends: Ends, expected: Place) -> None:
    assert place(*hops, ends=ends) is expected


def test_a_host_that_lets_nothing_out() -> None:
    found = read_trace(trace() + "send: Operation not permitted\n")
    assert judge(found, ENDS) == Verdict(
        Place.OWN_HOST,
        "clinic does not let its own packets out (operation not permitted)",
        "apply the plan on clinic, or find out which of its rules refuses the port",
    )
    assert judge(read_trace("connect: Network is unreachable"), ENDS).why == "clinic has no route to 198.51.100.75"


def test_words_name_the_router_and_whom_to_ask() -> None:
    verdict = judge(read_trace(trace("192.0.2.1  1 ms", "203.0.113.9  1 ms", "198.51.100.1  1 ms", "* *")), ENDS)
    assert verdict.why.startswith(
        "198.51.100.1 at hop 3 is the last that answers; behind it nothing answers, so a device of the partner's site"
    )
    assert verdict.do == "ask the partner to permit TCP port 6443 from 192.0.2.10 to 198.51.100.75 at the perimeter, and on hub"
    near = judge(read_trace(trace("2001:db8:1::1  1 ms")), ENDS6)
    assert near.do == "ask the network team of the own site to permit TCP port 6443 from 2001:db8:1::10 to 2001:db8:2::75"
    refused = judge(read_trace(trace("192.0.2.1  1 ms !X")), ENDS)
    assert refused.why == "192.0.2.1 refuses the connection (administratively prohibited) at hop 1"


def plan() -> Plan:
    rule = {"id": "x.n.hub.egress", "matrix": "x", "federation": "n", "flow": "hub", "direction": "egress", "protocol": "tcp"}
    peers = {"address_sets": ["hubs"], "names": []}
    hosts = {
        "clinic": (["192.0.2.10", "2001:db8:1::10"], [{**rule, "ports": ["6443", "7000-7010"], "peers": peers}]),
        "hub": (["198.51.100.75", "2001:db8:2::75"], []),
        "old": (["198.51.100.80"], []),
    }
    sets = {"hubs": ["198.51.100.75/32", "2001:db8:2::75/128"]}
    read = {
        name: HostPlan.from_json({"host": name, "addresses": addresses, "managed": True, "rules": rules})
        for name, (addresses, rules) in hosts.items()
    }
    return Plan(sets, read)


def test_a_question_is_traced_on_every_family_that_both_ends_have() -> None:
    assert asked(plan(), "clinic", "hub", 6443) == [
        Target("clinic", "hub", "198.51.100.75", 6443, "x.n.hub"),
        Target("clinic", "hub", "2001:db8:2::75", 6443, "x.n.hub"),
    ]
    assert [target.port for target in asked(plan(), "clinic", "198.51.100.75", None)] == [6443, 7000]
    assert asked(plan(), "clinic", "old", 22) == [Target("clinic", "old", "198.51.100.80", 22)]


@pytest.mark.parametrize(
    ("start", "end", "port", "message"),
    [
        ("", "hub", 1, "FROM is not a host of the plan"),
        ("nobody", "hub", 1, "nobody is not a host of the plan; name the host that starts the connection. The plan has clinic, hub, old"),
        ("clinic", "api.example.org", 1, "api.example.org is neither a host of the plan nor an address"),
        ("clinic", "old", None, "the plan has no TCP flow from clinic to old, so give a port, too"),
        ("old", "2001:db8:2::75", 1, "have no addresses of the same family"),
    ],
)
def test_questions_that_cannot_be_answered(start: str, end: str, port: int | None, message: str) -> None:
    with pytest.raises(NotTraceable, match=message):
        asked(plan(), start, end, port)


def finding(state: str, what: str, flow: str = "x.n.hub", other: str = "hub") -> dict[str, t.Any]:
    return {"state": state, "host": "clinic", "flow": flow, "what": what, "why": "", "other": other}


def test_what_verify_could_not_prove_is_traced_once() -> None:
    findings = [
        finding("failed", "clinic -> hub 198.51.100.75:6443/tcp"),
        finding("failed", "clinic -> hub 198.51.100.75:6443/tcp"),
        finding("warning", "clinic -> hub [2001:db8:2::75]:7005/tcp"),
        finding("proven", "clinic -> hub 198.51.100.75:7001/tcp"),
        finding("unproven", "clinic -> hub 198.51.100.75:7001/udp"),
        finding("failed", "stranger -> hub 198.51.100.75:6443/tcp", other="stranger"),
        finding("failed", "clinic -> hub 203.0.113.1:6443/tcp"),
        finding("failed", "clinic -> hub 198.51.100.75:99999/tcp"),
        finding("failed", "clinic  nftables", flow=""),
    ]
    assert unshown(plan(), {"clinic": {"findings": findings}}) == [
        Target("clinic", "hub", "198.51.100.75", 6443, "x.n.hub"),
        Target("clinic", "hub", "2001:db8:2::75", 7005, "x.n.hub"),
    ]


@given(st.text())
def test_no_text_of_a_report_becomes_a_strange_target(words: str) -> None:
    findings = [finding("failed", f"clinic -> hub {words}"), finding("failed", words), finding("failed", f"clinic -> {words}:6443/tcp")]
    for target in unshown(plan(), {"clinic": {"findings": findings}}):
        assert target.destination in ("198.51.100.75", "2001:db8:2::75")


def test_a_host_traces_a_bounded_number() -> None:
    targets = [Target("clinic", "hub", "198.51.100.75", port) for port in range(1, TARGETS + 10)]
    assert {host: len(own) for host, own in by_host([*targets, Target("old", "hub", "198.51.100.75", 1)]).items()} == {
        "clinic": TARGETS,
        "old": 1,
    }


def test_reports_put_what_stops_first() -> None:
    target = Target("clinic", "hub", "2001:db8:2::75", 6443, "x.n.hub")
    judged = [Judged(target, Verdict(Place.PASSES, "fine")), Judged(target, Verdict(Place.BETWEEN, "why", "ask"), ("1  *",))]
    assert lines(judged) == [
        "between               clinic -> hub [2001:db8:2::75]:6443/tcp (x.n.hub): why",
        "  to do: ask",
        "passes                clinic -> hub [2001:db8:2::75]:6443/tcp (x.n.hub): fine",
    ]
    assert summary(judged) == "2 connections: 1 passes, 1 between"
    assert summary([]) == "no connections: there was none to trace"
    assert [(one["place"], one["trace"]) for one in report(judged)["traces"]] == [("passes", []), ("between", ["1  *"])]


def test_an_empty_trace() -> None:
    assert read_trace("") == Trace(())
