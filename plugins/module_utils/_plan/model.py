# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What a plan says about one host: written by the controller, read by everything that acts on a plan.

Each type writes itself as JSON with ``to_json`` and is read with ``from_json``, which expects what ``shape.py`` of the controller, or the
policy's reader on a host, has accepted. ``plan.schema.json`` describes the same files for other tools.
"""

from __future__ import annotations

import typing as t

from .front import PlanFront
from .membership import PlanMembership
from .ports import Ports
from .protocols import concerns, traffic
from .words import DENY, HOST, INGRESS, LINUX, LOOPBACK, UNCHANGED

Json = t.Dict[str, t.Any]
"""A JSON object."""


class Peers(t.NamedTuple):
    """Who is at the other end: names of address sets, and host names. Both empty means nobody."""

    address_sets: t.Tuple[str, ...] = ()
    names: t.Tuple[str, ...] = ()

    def to_json(self) -> Json:
        return {"address_sets": list(self.address_sets), "names": list(self.names)}

    @classmethod
    def from_json(cls, data: t.Mapping[str, t.Any]) -> Peers:
        return cls(tuple(data.get("address_sets", ())), tuple(data.get("names", ())))


class PlanRule(t.NamedTuple):
    """What a host's firewall does because of one flow, or of all flows that go through its forward proxy.

    Attributes:
        direction: INGRESS or EGRESS.
        protocol: One of PROTOCOLS.
        ports: The responder's; none where the protocol has no ports.
        placement: HOST, or PUBLISHED where the port belongs to a container.
        closed_to_others: Nobody else may reach the ports.
        via_proxy: The peer is the forward proxy; ``flows`` are the labels of those that it stands for.
        phases: When the flow is needed, in order; the last one is the plan's ``phase``.
        until: The last day of the exception that opens the rule, ``YYYY-MM-DD``; empty: it has no end, and no key is written.
        types: The types of ICMP; empty for other protocols, and no key is written.
    """

    id: str
    direction: str
    protocol: str
    ports: Ports
    peers: Peers
    matrix: str = ""
    federation: str = ""
    flow: str = ""
    placement: str = HOST
    closed_to_others: bool = False
    via_proxy: bool = False
    application: str = ""
    tls: str = ""
    inspection: str = ""
    necessity: str = ""
    phases: t.Tuple[str, ...] = ()
    purpose: str = ""
    flows: t.Tuple[str, ...] = ()
    until: str = ""
    types: t.Tuple[str, ...] = ()

    @property
    def traffic(self) -> str:
        """Protocol with ports or types, for people: ``tcp 80, 443``, ``esp``, ``icmp echo-request``."""
        return traffic(self.protocol, self.ports, self.types)

    def concerns(self, protocol: str, number: int) -> bool:
        """Whether the rule is about a port, or a type of ICMP; the number does not count where the protocol has neither."""
        return self.protocol == protocol and concerns(protocol, self.ports, self.types, number)

    @property
    def label(self) -> str:
        """The name of the flow across all hosts that have a part in it."""
        return flow_label(self)

    def to_json(self) -> Json:
        data = {**self._asdict(), "ports": list(self.ports), "peers": self.peers.to_json(), "phases": list(self.phases)}
        data["phase"] = self.phases[-1] if self.phases else ""
        for name in ("flows", "types"):
            if data[name]:
                data[name] = list(data[name])
            else:
                del data[name]
        if not self.until:
            del data["until"]
        return data

    @classmethod
    def from_json(cls, data: t.Mapping[str, t.Any]) -> PlanRule:
        given: Json = {name: data[name] for name in cls._fields if name in data}
        given.setdefault("closed_to_others", data["direction"] == INGRESS)
        for name in ("ports", "phases", "flows", "types"):
            given[name] = tuple(data.get(name, ()))
        return cls(**{**given, "peers": Peers.from_json(data["peers"])})


class PlanListener(t.NamedTuple):
    """A port that must listen on loopback addresses alone, whoever opens the flow. ``dynamic``: the software chooses one of the ports."""

    matrix: str
    federation: str
    flow: str
    protocol: str
    ports: Ports
    bind: str = LOOPBACK
    dynamic: bool = False

    @property
    def label(self) -> str:
        return flow_label(self)

    def to_json(self) -> Json:
        data = {**self._asdict(), "ports": list(self.ports)}
        if not self.dynamic:
            del data["dynamic"]
        return data

    @classmethod
    def from_json(cls, data: t.Mapping[str, t.Any]) -> PlanListener:
        given = {name: data[name] for name in cls._fields if name in data}
        return cls(**{**given, "ports": tuple(data["ports"])})


class Document(t.NamedTuple):
    """Where a statement of a matrix comes from."""

    title: str
    url: t.Optional[str]
    sections: t.Tuple[str, ...]

    def to_json(self) -> Json:
        return {**self._asdict(), "sections": list(self.sections)}

    @classmethod
    def from_json(cls, data: t.Mapping[str, t.Any]) -> Document:
        return cls(data["title"], data["url"], tuple(data["sections"]))


class Exclusion(t.NamedTuple):
    """A flow that TLS inspection has to leave alone; ``via_proxy`` is the URL of the forward proxy that it goes through."""

    rule: str
    matrix: str
    federation: str
    flow: str
    direction: str
    protocol: str
    ports: Ports
    peers: Peers
    application: str
    tls: str
    purpose: str
    reason: t.Optional[str]
    middleboxes: t.Mapping[str, t.Any]
    documents: t.Tuple[Document, ...]
    via_proxy: t.Optional[str]

    @property
    def label(self) -> str:
        return flow_label(self)

    def to_json(self) -> Json:
        return {
            **self._asdict(),
            "ports": list(self.ports),
            "peers": self.peers.to_json(),
            "middleboxes": dict(self.middleboxes),
            "documents": [document.to_json() for document in self.documents],
        }

    @classmethod
    def from_json(cls, data: t.Mapping[str, t.Any]) -> Exclusion:
        given = {name: data[name] for name in cls._fields}
        documents = tuple(map(Document.from_json, data["documents"]))
        return cls(**{**given, "ports": tuple(data["ports"]), "peers": Peers.from_json(data["peers"]), "documents": documents})


class ProxiedFlow(t.NamedTuple):
    """A flow that goes through the forward proxy: what the proxy has to permit. ``proxy`` is the key of its URL."""

    flow: str
    proxy: str
    method: str
    ports: Ports
    peers: Peers
    inspection: str
    purpose: str

    def to_json(self) -> Json:
        return {**self._asdict(), "ports": list(self.ports), "peers": self.peers.to_json()}

    @classmethod
    def from_json(cls, data: t.Mapping[str, t.Any]) -> ProxiedFlow:
        given = {name: data[name] for name in cls._fields}
        return cls(**{**given, "ports": tuple(data["ports"]), "peers": Peers.from_json(data["peers"])})


class Consumer(t.NamedTuple):
    """A program that has to know the forward proxy: its flows, and what is exempt, as it wants that written."""

    flows: t.Tuple[str, ...]
    no_proxy: t.Tuple[str, ...]

    def to_json(self) -> Json:
        return {name: list(value) for name, value in self._asdict().items()}

    @classmethod
    def from_json(cls, data: t.Mapping[str, t.Any]) -> Consumer:
        return cls(tuple(data["flows"]), tuple(data["no_proxy"]))


class PlanProxy(t.NamedTuple):
    """The forward proxy of a host; URLs hold no credentials. ``only``: nothing leaves the site except through the proxy."""

    http_proxy: t.Optional[str]
    https_proxy: t.Optional[str]
    authenticated: bool
    only: bool
    no_proxy: t.Tuple[str, ...]
    consumers: t.Mapping[str, Consumer]
    flows: t.Tuple[ProxiedFlow, ...]

    def url(self, key: str) -> t.Optional[str]:
        """The URL of ``http_proxy`` or ``https_proxy``."""
        return self.http_proxy if key == "http_proxy" else self.https_proxy

    def to_json(self) -> Json:
        return {
            **self._asdict(),
            "no_proxy": list(self.no_proxy),
            "consumers": {name: consumer.to_json() for name, consumer in self.consumers.items()},
            "flows": [flow.to_json() for flow in self.flows],
        }

    @classmethod
    def from_json(cls, data: t.Mapping[str, t.Any]) -> PlanProxy:
        given: Json = {name: data[name] for name in cls._fields}
        given["no_proxy"] = tuple(data["no_proxy"])
        given["consumers"] = {name: Consumer.from_json(consumer) for name, consumer in data["consumers"].items()}
        given["flows"] = tuple(map(ProxiedFlow.from_json, data["flows"]))
        return cls(**given)


class Defaults(t.NamedTuple):
    """What happens to connections that no rule is about: UNCHANGED or DENY, for each direction."""

    ingress: str = UNCHANGED
    egress: str = UNCHANGED

    def denies(self, direction: str) -> bool:
        return (self.ingress if direction == INGRESS else self.egress) == DENY

    def to_json(self) -> Json:
        return self._asdict()

    @classmethod
    def from_json(cls, data: t.Mapping[str, t.Any]) -> Defaults:
        return cls(data.get("ingress", UNCHANGED), data.get("egress", UNCHANGED))


class InsideFlow(t.NamedTuple):
    """A flow between containers of one host. ``flow`` is its label, ``ports`` are the responder's own."""

    flow: str
    protocol: str
    ports: Ports

    def to_json(self) -> Json:
        return {**self._asdict(), "ports": list(self.ports)}

    @classmethod
    def from_json(cls, data: t.Mapping[str, t.Any]) -> InsideFlow:
        return cls(data["flow"], data["protocol"], tuple(data["ports"]))


class HostPart(t.NamedTuple):
    """What the plan says about a host besides its name and addresses: equal hosts share it.

    Attributes:
        firewall: The one that the inventory declares; None: it declares none, and no key is written.
        log_refused: Peers that listeners refuse are logged; no key is written unless they are.
        connection_limit: How many connections of one peer a listener takes; 0: no limit, and no key is written.
        containers_apart: The only flows between containers of the host, and no name service for them; None: containers are not kept
            from each other, and no key is written.
        contained_bridges: Bridges whose containers open no connection; empty: no key is written.
        front: What stands in front of the host; None: the inventory says nothing about it, and no key is written.
        computations: Flows to containers that the host alone may reach, with the ports inside; empty: no key is written.
    """

    managed: bool
    platform: str
    memberships: t.Tuple[PlanMembership, ...]
    defaults: Defaults
    rules: t.Tuple[PlanRule, ...]
    listeners: t.Tuple[PlanListener, ...]
    proxy: t.Optional[PlanProxy]
    inspection_exclusions: t.Tuple[Exclusion, ...]
    firewall: t.Optional[str] = None
    log_refused: bool = False
    connection_limit: int = 0
    containers_apart: t.Optional[t.Tuple[InsideFlow, ...]] = None
    contained_bridges: t.Tuple[str, ...] = ()
    front: t.Optional[PlanFront] = None
    computations: t.Tuple[InsideFlow, ...] = ()

    def to_json(self) -> Json:
        lists = {
            name: [one.to_json() for one in getattr(self, name)] for name in ("memberships", "rules", "listeners", "inspection_exclusions")
        }
        data = {**self._asdict(), **lists, "defaults": self.defaults.to_json(), "proxy": self.proxy and self.proxy.to_json()}
        for name, unset in (
            ("firewall", None),
            ("log_refused", False),
            ("connection_limit", 0),
            ("containers_apart", None),
            ("contained_bridges", ()),
            ("computations", ()),
        ):
            if data[name] == unset:
                del data[name]
        if self.containers_apart is not None:
            data["containers_apart"] = [flow.to_json() for flow in self.containers_apart]
        if self.contained_bridges:
            data["contained_bridges"] = list(self.contained_bridges)
        if self.computations:
            data["computations"] = [flow.to_json() for flow in self.computations]
        if self.front is None:
            del data["front"]
        else:
            data["front"] = self.front.to_json()
        return data

    @classmethod
    def from_json(cls, data: t.Mapping[str, t.Any]) -> HostPart:
        proxy = data.get("proxy")
        return cls(
            data["managed"],
            data.get("platform", LINUX),
            tuple(map(PlanMembership.from_json, data.get("memberships", ()))),
            Defaults.from_json(data.get("defaults", {})),
            tuple(map(PlanRule.from_json, data["rules"])),
            tuple(map(PlanListener.from_json, data.get("listeners", ()))),
            PlanProxy.from_json(proxy) if proxy else None,
            tuple(map(Exclusion.from_json, data.get("inspection_exclusions", ()))),
            data.get("firewall"),
            data.get("log_refused", False),
            data.get("connection_limit", 0),
            tuple(map(InsideFlow.from_json, data["containers_apart"])) if "containers_apart" in data else None,
            tuple(data.get("contained_bridges", ())),
            PlanFront.from_json(data["front"]) if "front" in data else None,
            tuple(map(InsideFlow.from_json, data.get("computations", ()))),
        )


class HostPlan(t.NamedTuple):
    """One host's file of a plan."""

    host: str
    addresses: t.Tuple[str, ...]
    part: HostPart

    def to_json(self) -> Json:
        return {"host": self.host, "addresses": list(self.addresses), **self.part.to_json()}

    @classmethod
    def from_json(cls, data: t.Mapping[str, t.Any]) -> HostPlan:
        return cls(data["host"], tuple(data.get("addresses", ())), HostPart.from_json(data))


class _OfFlow(t.Protocol):
    @property
    def matrix(self) -> str: ...
    @property
    def federation(self) -> str: ...
    @property
    def flow(self) -> str: ...


def flow_label(part: _OfFlow) -> str:
    """``<matrix>.<federation>.<flow>``."""
    return "%s.%s.%s" % (part.matrix, part.federation, part.flow)
