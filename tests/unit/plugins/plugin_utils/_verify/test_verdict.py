# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.reader import AddressSetIndex
from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.model import (
    BLOCKED,
    OPEN,
    Choice,
    LeftOut,
    Listener,
    Proof,
    Untried,
)
from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.observations import Observation
from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.report import counts, host_lines, report, summary
from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.verdict import Finding, judge, nothing_tried

MEMBERSHIP = AddressSetIndex({"north": ["198.51.100.10/32", "198.51.100.20/32"]})
FLOW = "linksight.north.peer_http"


def proof(expect: str, protocol: str = "tcp", responder: str = "beta", managed: bool = True, destination: str = "198.51.100.20") -> Proof:
    initiator, allowed = ("alpha", ()) if expect == OPEN else ("stranger", ("north",))
    return Proof(FLOW, f"{FLOW}.rule", expect, initiator, responder, managed, protocol, 8443, destination, allowed)


def outcome(of: Proof, kind: str, **more: str) -> dict[str, t.Any]:
    own = {"protocol": of.protocol, "destination": of.destination, "port": of.port, "address": of.destination}
    empty = {"source": "198.51.100.10" if of.expect == OPEN else "198.51.100.66", "by": "", "answered_by": "", "detail": ""}
    return {**own, "outcome": kind, **empty, **more}


def listening(state: str, protocol: str = "tcp", detail: str = "") -> dict[str, t.Any]:
    return {"ports": [{"protocol": protocol, "family": 4, "port": 8443, "state": state, "detail": detail}]}


def judged(of: Proof, seen: dict[str, t.Any], responder: Observation | None = None, partners: bool = False) -> tuple[str, str]:
    choices = {of.initiator: Choice(managed=of.expect == OPEN, proofs=[of]), "beta": Choice(managed=True)}
    observations = {of.initiator: Observation(probed={"outcomes": [seen]}), "beta": responder or Observation()}
    findings = judge(choices, observations, MEMBERSHIP, partners)
    (finding,) = findings[of.initiator] if of.expect == OPEN else findings["beta"]
    assert (finding.host, finding.flow) == (of.initiator if of.expect == OPEN else "beta", FLOW)
    return finding.state, finding.why


OURS, SERVICE, FREE, NO_BIND = (
    Observation(listening=listening(state, detail=detail))
    for state, detail in (("listening", ""), ("in_use", "nginx (pid 7) on 0.0.0.0"), ("free", ""), ("failed", "no such protocol"))
)
ENDED = OURS._replace(stopped={"listener": "ended"})
ABSENT = None


@pytest.mark.parametrize(
    ("kind", "responder", "state", "why"),
    [
        ("open by beta", OURS, "proven", ""),
        ("open by gamma", OURS, "failed", "gamma answered; correct connectivity_addresses"),
        ("open", OURS, "failed", "the listener of beta was not reached"),
        ("open", SERVICE, "proven", ""),
        ("open", FREE, "proven", ""),
        ("open", ABSENT, "proven", ""),
        ("refused", OURS, "failed", "refused, from 198.51.100.10, although a listener waits there"),
        ("refused", SERVICE, "failed", "although nginx (pid 7) on 0.0.0.0 holds the port"),
        ("refused", FREE, "unproven", "nothing was known to listen there"),
        ("refused", NO_BIND, "unproven", "nothing was known to listen there (no such protocol)"),
        ("refused", ENDED, "unproven", "raise verify_listener_seconds"),
        ("refused", ABSENT, "unproven", "nothing was known to listen there"),
        ("silent", OURS, "failed", "silent"),
        ("silent", FREE, "failed", "silent"),
        ("silent", ENDED, "unproven", "raise verify_listener_seconds"),
        ("silent", ABSENT, "failed", "silent"),
        ("rejected", ABSENT, "failed", "rejected"),
        ("unroutable", ABSENT, "failed", "unroutable"),
    ],
)
def test_a_tcp_flow_has_to_pass(kind: str, responder: Observation | None, state: str, why: str) -> None:
    kind, _by, name = kind.partition(" by ")
    of = proof(OPEN)
    assert judged(of, outcome(of, kind, answered_by=name), responder)[0] == state
    assert why in judged(of, outcome(of, kind, answered_by=name), responder)[1]


@pytest.mark.parametrize(("kind", "state"), [("open", "proven"), ("silent", "warning"), ("rejected", "warning"), ("refused", "unproven")])
def test_a_managed_host_outside_of_the_run_is_judged_like_a_partner(kind: str, state: str) -> None:
    of = proof(OPEN)
    observations = {"alpha": Observation(probed={"outcomes": [outcome(of, kind)]})}
    (finding,) = judge({"alpha": Choice(managed=True, proofs=[of])}, observations, MEMBERSHIP)["alpha"]
    assert finding.state == state
    assert ("beta is not part of this run" in finding.why) == (state == "warning")


@pytest.mark.parametrize(
    ("kind", "state", "ours"),
    [
        ("open", "proven", False),
        ("silent", "unproven", False),
        ("silent", "failed", True),
        ("refused", "failed", True),
        ("rejected", "failed", False),
    ],
)
def test_a_udp_service_may_keep_silence_and_a_listener_of_ours_not(kind: str, state: str, ours: bool) -> None:
    of = proof(OPEN, "udp")
    assert judged(of, outcome(of, kind), Observation(listening=listening("listening" if ours else "in_use", "udp")))[0] == state


@pytest.mark.parametrize(
    ("kind", "responder", "state"),
    [
        ("silent", OURS, "closed"),
        ("silent", SERVICE, "closed"),
        ("silent", FREE, "closed"),
        ("silent", ABSENT, "unproven"),
        ("rejected by 198.51.100.20", OURS, "closed"),
        ("rejected by 198.51.100.66", OURS, "unproven"),
        ("refused", OURS, "failed"),
        ("refused", FREE, "failed"),
        ("open", SERVICE, "failed"),
        ("open", OURS, "unproven"),
        ("unroutable", OURS, "unproven"),
    ],
)
def test_a_closed_port_has_to_stay_closed(kind: str, responder: Observation | None, state: str) -> None:
    kind, _by, sender = kind.partition(" by ")
    of = proof(BLOCKED)
    assert judged(of, outcome(of, kind, by=sender), responder)[0] == state


def test_getting_through_to_our_listener_is_a_failure() -> None:
    of = proof(BLOCKED)
    assert judged(of, outcome(of, "open", answered_by="beta"), OURS) == ("failed", "a host outside the peer list reached the port")


@pytest.mark.parametrize(("expect", "state"), [(OPEN, "proven"), (BLOCKED, "failed")])
def test_a_published_port_that_is_held_in_one_family_answers_in_both(expect: str, state: str) -> None:
    of = proof(expect)
    (ours,) = listening("listening")["ports"]
    held = {**ours, "family": 6, "state": "in_use", "detail": "conmon (pid 7) on ::"}
    podman = Observation(listening={"ports": [ours, held]})
    assert judged(of, outcome(of, "open"), podman)[0] == state
    assert judged(of, outcome(of, "open", answered_by="gamma"), podman)[0] == "failed"
    assert judged(of, outcome(of, "silent"), podman)[0] == ("failed" if expect == OPEN else "closed")


def test_silence_on_udp_proves_nothing_unless_somebody_would_have_answered() -> None:
    of = proof(BLOCKED, "udp")
    assert judged(of, outcome(of, "silent"), Observation(listening=listening("listening", "udp")))[0] == "closed"
    assert judged(of, outcome(of, "silent"), Observation(listening=listening("in_use", "udp")))[0] == "unproven"


def test_whoever_turns_out_to_be_a_peer_proves_nothing_about_others() -> None:
    of = proof(BLOCKED)
    assert judged(of, outcome(of, "open", source="198.51.100.10"), SERVICE) == (
        "unproven",
        "stranger comes from 198.51.100.10, which is among the peers",
    )


@pytest.mark.parametrize(("partners", "state"), [(False, "warning"), (True, "failed")])
def test_a_partner_who_does_not_answer_is_a_warning_unless_asked_otherwise(partners: bool, state: str) -> None:
    of = proof(OPEN, responder="partner", managed=False)
    assert judged(of, outcome(of, "silent"), partners=partners) == (state, "silent, from 198.51.100.10")
    assert judged(of, outcome(of, "open"), partners=partners)[0] == "proven"
    assert judged(proof(OPEN, "udp", "partner", False), outcome(proof(OPEN, "udp"), "silent"), partners=partners)[0] == "unproven"


def test_an_outside_service_is_never_more_than_a_warning() -> None:
    of = proof(OPEN, responder="", managed=False, destination="registry.example.org")
    assert judged(of, outcome(of, "unresolved", source="", detail="Name or service not known"), partners=True) == (
        "warning",
        "unresolved (Name or service not known)",
    )


def only(choice: Choice, **seen: t.Any) -> list[Finding]:
    return judge({"alpha": choice}, {"alpha": Observation(**seen)}, MEMBERSHIP)["alpha"]


def test_a_policy_is_in_force_or_drifted_or_unknown() -> None:
    choice = Choice(managed=True)
    assert [str(found) for found in only(choice, in_force={"changed": False, "backend": "ufw"})] == ["in force  alpha  ufw"]
    assert [str(found) for found in only(choice, in_force={"changed": True, "backend": "ufw"})] == [
        "failed    alpha: ufw differs from the plan, see the diff; apply the plan again"
    ]
    assert [str(found) for found in only(choice, in_force={"failed": True, "msg": "two firewalls run"})] == [
        "failed    alpha: the policy could not be compared: two firewalls run"
    ]
    assert only(choice, in_force={"changed": False, "skipped": True}) == []
    assert only(choice) == []


UNTRIED = Choice(managed=True, untried=[Untried(FLOW, f"{FLOW}.egress", "alpha -> beta 8443/tcp", "no host answers")])


def test_a_run_that_has_tried_nothing_fails_on_each_host_and_says_so() -> None:
    found = nothing_tried({"alpha": only(UNTRIED, probed={"outcomes": []}), "beta": []}, {"alpha": UNTRIED}, {})
    assert [each.state for each in found["alpha"]] == ["unproven", "failed"]
    (line,) = map(str, found["beta"])
    assert line.startswith("failed    beta: no host of this run has tried or compared anything, so nothing is proven")
    assert counts(found)["failed"] == 2
    compared = {"alpha": only(UNTRIED, in_force={"changed": False, "backend": "windows"}), "beta": []}
    assert nothing_tried(compared, {"alpha": UNTRIED}, {}) == compared


@pytest.mark.parametrize("backend", ["nftables", "windows"])
def test_a_comparison_of_policies_alone_fails_where_there_are_flows_to_try(backend: str) -> None:
    of = proof(OPEN)
    choice = Choice(managed=True, proofs=[of])
    seen = Observation(in_force={"changed": False, "backend": backend})
    compared = {"alpha": only(choice, in_force=seen.in_force), "beta": []}
    found = nothing_tried(compared, {"alpha": choice, "beta": Choice(managed=True)}, {"alpha": seen})
    for host in ("alpha", "beta"):
        assert str(found[host][-1]).startswith(f"failed    {host}: no host of this run has tried a connection")
    assert nothing_tried(compared, {"alpha": choice}, {"alpha": seen}, asked_for_flows=False) == compared
    without = Choice(managed=True)
    assert nothing_tried(compared, {"alpha": without, "beta": without}, {"alpha": seen}) == compared
    tried = Observation(in_force=seen.in_force, probed={"outcomes": [outcome(of, "silent")]})
    assert nothing_tried(compared, {"alpha": choice}, {"alpha": tried}) == compared


def test_a_step_that_failed_and_a_host_that_was_lost_are_failures() -> None:
    choice = Choice(managed=True, proofs=[proof(OPEN)])
    assert [str(found) for found in only(choice, probed={"failed": True, "msg": "no Python"}, listening={"failed": True})] == [
        "failed    alpha  listener: no reason given",
        "failed    alpha  probes: no Python",
    ]
    assert [str(found) for found in only(choice, probed={"unreachable": True, "msg": "timed out"}, lost=True)] == [
        "failed    alpha  probes: timed out"
    ]
    assert [found.state for found in only(choice, in_force={"changed": False}, lost=True)] == ["failed"]


@pytest.mark.parametrize("kind", ["silent", "rejected", "unroutable", "refused"])
def test_a_host_that_is_down_is_one_cause_and_one_failure(kind: str) -> None:
    """Nine others cannot reach it: their flows are unproven, each has one line about it, and the host itself is the one failure."""
    others = [f"other{number}" for number in range(9)]
    proofs = {name: [proof(OPEN)._replace(initiator=name, port=port) for port in (8443, 9090)] for name in others}
    choices = {**{name: Choice(managed=True, proofs=own) for name, own in proofs.items()}, "beta": Choice(managed=True)}
    seen = {
        name: Observation(probed={"outcomes": [outcome(each, kind) | {"port": each.port} for each in own]}) for name, own in proofs.items()
    }
    findings = judge(choices, {**seen, "beta": Observation(lost=True)}, MEMBERSHIP)
    assert counts(findings)["failed"] == 1
    assert counts(findings)["unproven"] == 18
    for name in others:
        assert host_lines(findings[name], choices[name]) == [
            f"unproven  2 connections to beta, which failed or could not be reached in this run: {FLOW}"
        ]
    assert summary(findings)[:-1] == [
        "failed    beta: not verified, since the host failed or could not be reached",
        "unproven  18 connections to beta, which failed or could not be reached",
    ]


def test_a_host_that_was_lost_after_it_listened_explains_no_closed_port() -> None:
    assert judged(proof(OPEN), outcome(proof(OPEN), "silent"), OURS._replace(lost=True)) == (
        "failed",
        "silent, from 198.51.100.10, although a listener waits there",
    )
    assert judged(proof(OPEN), outcome(proof(OPEN), "open"), Observation(lost=True)) == ("proven", "")


@pytest.fixture
def verdict() -> tuple[dict[str, list[Finding]], dict[str, Choice]]:
    ipv6 = proof(OPEN, destination="2001:db8:1::20")
    choice = Choice(
        managed=True,
        proofs=[proof(OPEN), ipv6],
        untried=[Untried("linksight.north.hub_api", "id", "network_users -> alpha 8080/tcp", "no host of this run is its initiator")],
        left_out=[LeftOut(FLOW, f"{FLOW}.egress", OPEN, 36), LeftOut(FLOW, f"{FLOW}.ingress", BLOCKED, 2)],
    )
    outcomes = [outcome(proof(OPEN), "open"), outcome(ipv6, "silent", source="2001:db8:1::10")]
    return judge({"alpha": choice}, {"alpha": Observation(probed={"outcomes": outcomes}), "beta": Observation()}, MEMBERSHIP), {
        "alpha": choice
    }


def test_lines_name_flow_ends_address_and_reason(verdict: tuple[dict[str, list[Finding]], dict[str, Choice]]) -> None:
    findings, choices = verdict
    assert host_lines(findings["alpha"], choices["alpha"]) == [
        "proven    linksight.north.peer_http  alpha -> beta 198.51.100.20:8443/tcp",
        "failed    linksight.north.peer_http  alpha -> beta [2001:db8:1::20]:8443/tcp: silent, from 2001:db8:1::10",
        "unproven  linksight.north.hub_api  network_users -> alpha 8080/tcp: no host of this run is its initiator",
        "left out  linksight.north.peer_http.egress: 36 further peers; verify_peers_maximum bounds how many are tried",
        "left out  linksight.north.peer_http.ingress: 2 further outsiders; verify_peers_maximum bounds how many are tried",
    ]
    assert summary(findings) == [
        "failed    linksight.north.peer_http  alpha -> beta [2001:db8:1::20]:8443/tcp: silent, from 2001:db8:1::10",
        "1 flows proven by 1 connections, 0 refusals proven, 0 policies in force, 1 unproven, 0 warnings, 1 failures",
    ]


def test_the_report_holds_findings_counts_and_what_was_left_out(verdict: tuple[dict[str, list[Finding]], dict[str, Choice]]) -> None:
    findings, choices = verdict
    content = report(findings, choices)
    assert content["format"] == 1
    assert content["counts"] == counts(findings)
    assert content["counts"]["proven"] == content["counts"]["failed"] == content["counts"]["unproven"] == content["counts"]["flows"] == 1
    assert [found["state"] for found in content["hosts"]["alpha"]["findings"]] == ["proven", "failed", "unproven"]
    assert [entry["hosts"] for entry in content["hosts"]["alpha"]["left_out"]] == [36, 2]


def test_what_a_host_of_a_network_proves_counts_for_the_responder() -> None:
    of = proof(OPEN)._replace(initiator="user")
    choices = {"beta": Choice(managed=True), "user": Choice(managed=False, proofs=[of])}
    observations = {"beta": OURS, "user": Observation(probed={"outcomes": [outcome(of, "open", answered_by="beta")]})}
    findings = judge(choices, observations, MEMBERSHIP)
    assert findings["user"] == []
    assert [str(found) for found in findings["beta"]] == ["proven    linksight.north.peer_http  user -> beta 198.51.100.20:8443/tcp"]


GOOD = {"outcomes": [outcome(proof(OPEN), "open", answered_by="beta")]}
IN_FORCE = {"changed": False, "backend": "ufw"}


def with_evil(**seen: t.Any) -> dict[str, list[Finding]]:
    """The verdict on a flow from alpha to beta, whose listener waits, and on another host that answers something else."""
    own = proof(OPEN)
    theirs = own._replace(initiator="evil")
    listener = Listener("m.f.db", "tcp", ("5432",))
    choices = {
        "alpha": Choice(True, proofs=[own]),
        "beta": Choice(True, listen={("tcp", 8443)}, listeners=[listener]),
        "evil": Choice(True, proofs=[theirs], listeners=[listener]),
    }
    observations = {
        "alpha": Observation(probed=GOOD, in_force=IN_FORCE),
        "beta": Observation(listening=listening("listening"), in_force=IN_FORCE),
        "evil": Observation(**seen),
    }
    return judge(choices, observations, MEMBERSHIP)


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        ({"probed": {"outcomes": []}}, "it lacks 1 of 1 outcomes"),
        ({"probed": {"outcomes": "x"}}, "outcomes is not a list"),
        ({"probed": {"outcomes": [{"protocol": "tcp"}]}}, "outcomes[0] lacks destination"),
        ({"probed": {"outcomes": [{**GOOD["outcomes"][0], "source": "x"}]}}, "source is 'x', which is not an IP address"),
        ({"probed": {"outcomes": [{**GOOD["outcomes"][0], "port": 8444}]}}, "it lacks 1 of 1 outcomes"),
        ({"probed": ["x"]}, "it is not a mapping"),
        ({"in_force": {"x": 1}}, "it lacks changed"),
        ({"in_force": {"changed": "false"}}, "changed is not true or false"),
        ({"loopback": {"sockets": [{"protocol": "tcp", "port": "x"}]}}, "sockets[0] lacks family"),
        ({"loopback": {"sockets": {"a": 1}}}, "sockets is not a list"),
        ({"listening": {"ports": [{"port": 8443}]}}, "ports[0] lacks protocol"),
        ({"listening": {"ports": float("nan")}}, "ports is not a list"),
        ({"stopped": {"listener": 10**5000}}, "listener is a large number"),
        ({"stopped": 7}, "it is not a mapping"),
        ({"probed": {"failed": True, "msg": ["x"]}}, "no reason given"),
    ],
)
def test_an_answer_that_is_not_usable_fails_its_host_and_nobody_else(seen: dict[str, t.Any], why: str) -> None:
    findings = with_evil(**seen)
    assert [finding.state for finding in findings["alpha"]] == ["in force", "proven"]
    assert [finding.state for finding in findings["beta"]] == ["in force"]
    assert any(finding.state == "failed" and why in str(finding) for finding in findings["evil"])


def test_a_hosts_words_stay_on_their_line() -> None:
    sockets = [
        {"protocol": "tcp", "family": 4, "address": "0.0.0.0", "port": 5432, "loopback": False, "process": "x\nfailed  \x1b[2J\u202e"}
    ]
    findings = with_evil(loopback={"sockets": sockets}, in_force={"failed": True, "msg": "one\ntwo\x07" + "x" * 10**6})
    lines = host_lines(findings["evil"], Choice(True))
    assert all(line.isprintable() and len(line) <= 4000 for line in lines)
    assert r"x\nfailed  \x1b[2J\u202e serves more than this host" in " ".join(lines)
