# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Chooses which TLS connections of a plan each host looks at: those that it makes, and the same ones at its own services."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Collection, Mapping

from ...module_utils._plan.model import PlanRule
from ...module_utils._plan.words import EGRESS
from .._plan.reader import Plan
from .._verify.assignments import choose
from .._verify.model import OPEN

_ALPN = {"grpc": ("h2",), "https": ("h2", "http/1.1"), "wss": ("http/1.1",)}
"""What clients of an application protocol offer: gRPC demands h2 (gRPC over HTTP2, "Security")."""

_TLS_LATER = ("database", "openvpn", "smtp")
"""Application protocols in which TLS does not begin with the connection."""

_WITHOUT_TLS = ("none", "wireguard")


class Endpoint(t.NamedTuple):
    """A TLS server as a client addresses it."""

    destination: str
    port: int
    server_name: str
    alpn: tuple[str, ...]


class Path(t.NamedTuple):
    """One flow from a host to a TLS server.

    Attributes:
        flow: ``<matrix>.<federation>.<flow>``.
        rule: The id of the initiator's rule.
        initiator: The host that looks.
        responder: Inventory name of the other end; empty for an outside service.
        endpoint: Where it looks.
        tls: The matrix's word for how the connection is protected.
        excluded: Whether the matrix excludes the flow from inspection.
    """

    flow: str
    rule: str
    initiator: str
    responder: str
    endpoint: Endpoint
    tls: str
    excluded: bool


class Aside(t.NamedTuple):
    """A flow that is not looked at, and why."""

    flow: str
    host: str
    why: str


@dataclasses.dataclass
class Looks:
    """What one host looks at.

    Attributes:
        paths: The flows that leave it.
        own: Endpoints of its own that others' flows go to, as it sees them without leaving itself.
        aside: Flows that are not looked at.
    """

    paths: list[Path] = dataclasses.field(default_factory=list)
    own: set[Endpoint] = dataclasses.field(default_factory=set)
    aside: list[Aside] = dataclasses.field(default_factory=list)

    def to_data(self) -> dict[str, t.Any]:
        """As plain data, with the ``endpoints`` that the step on the host takes, each once."""
        wanted = {(path.endpoint, False) for path in self.paths} | {(endpoint, True) for endpoint in self.own}
        return {
            "paths": [{**path._asdict(), "endpoint": _plain(path.endpoint)} for path in self.paths],
            "aside": [entry._asdict() for entry in self.aside],
            "endpoints": [{**_plain(endpoint), "own": own} for endpoint, own in sorted(wanted)],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, t.Any]) -> Looks:
        """What :meth:`to_data` wrote."""
        return cls(
            [Path(**{**path, "endpoint": endpoint_of(path["endpoint"])}) for path in data["paths"]],
            {endpoint_of(endpoint) for endpoint in data["endpoints"] if endpoint["own"]},
            [Aside(**entry) for entry in data["aside"]],
        )


def endpoint_of(data: Mapping[str, t.Any]) -> Endpoint:
    """The endpoint of what stands for it in plain data."""
    return Endpoint(data["destination"], data["port"], data["server_name"], tuple(data["alpn"]))


def tls_flows(plan: Plan, present: Collection[str], maximum: int) -> dict[str, Looks]:
    """Choose for every managed host of a run what it looks at.

    Args:
        plan: The plan.
        present: The hosts of the run.
        maximum: With how many peers each rule is tried at most; at least 1.

    Returns:
        Inventory name -> what it looks at, sorted by name.
    """
    looks = {name: Looks() for name in sorted(plan.hosts) if plan.hosts[name].part.managed and name in present}
    choices = choose(plan, present, {}, maximum)
    for name, own in looks.items():
        rules = {rule.id: rule for rule in plan.hosts[name].part.rules if rule.direction == EGRESS}
        reasons = {identifier: _why_not(rule) for identifier, rule in rules.items()}
        own.aside += [Aside(rules[identifier].label, name, why) for identifier, why in reasons.items() if why]
        for proof in choices[name].proofs:
            if proof.expect != OPEN or reasons[proof.rule]:
                continue
            rule = rules[proof.rule]
            endpoint = Endpoint(
                proof.destination, proof.port, "" if proof.responder else proof.destination, _ALPN.get(rule.application, ())
            )
            excluded = rule.inspection == "exclude"
            own.paths.append(Path(proof.flow, proof.rule, name, proof.responder, endpoint, rule.tls, excluded))
            if proof.responder in looks:
                looks[proof.responder].own.add(endpoint)
        own.aside += [
            Aside(entry.flow, name, entry.why) for entry in choices[name].untried if not reasons.get(entry.rule, "another host's")
        ]
        own.aside += [
            Aside(entry.flow, name, f"{entry.hosts} further peers; the bound per rule leaves them out")
            for entry in choices[name].left_out
            if entry.expect == OPEN and not reasons.get(entry.rule, "another host's")
        ]
    return looks


def _why_not(rule: PlanRule) -> str:
    """Why a rule's connections show no handshake; empty where they do."""
    if rule.via_proxy:
        return "goes through the forward proxy, which is asked in clear for every connection"
    if rule.tls in _WITHOUT_TLS:
        return f"has no TLS of its own ({rule.tls})"
    if rule.protocol != "tcp":
        return f"runs over {rule.protocol}"
    if rule.application in _TLS_LATER:
        return f"TLS begins later than the connection ({rule.application})"
    return ""


def _plain(endpoint: Endpoint) -> dict[str, t.Any]:
    return {**endpoint._asdict(), "alpn": list(endpoint.alpn)}
