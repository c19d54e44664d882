# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Notes for those who run TLS inspection, DPI, WAFs and reverse proxies: what of a host or a site to leave alone, and why."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Iterator, Mapping, Sequence

from ...module_utils._plan.words import EGRESS, INGRESS
from .._common import markdown
from .._common.addresses import ANYBODY
from .._common.plan_marker import MARK
from .._common.templates import template
from .._common.texts import one_line
from .._inspection_exports.exemption import short
from .._matrix.middleboxes import LONG_LIVED, demands
from .._matrix.page import TLS
from .._rules.plan import Plan
from .perimeter import peer_networks
from .sites import DIRECTORY, SiteFlow, flows_of, site_flows

FORMAT = 2
SPELT_OUT = 100
"""How many contacts a host's note spells out; all of them stand in the note of its site."""

KEEP_AWAY = (
    "Nothing may end, decrypt or rewrite the TLS connections of these flows: no TLS inspection, no deep packet inspection of their "
    "content, no reverse proxy of layer 7, web application firewall or SSL offloading in front of these ports. Pass TCP through instead."
)
ON_THE_HOST = (
    "This also concerns the host itself: antivirus software there may decrypt outgoing TLS. Enter the outgoing flows among its exceptions "
    "for encrypted connections. A trusted certificate authority of the product does not help where a partner checks client certificates."
)
NOTHING = "No flow of the plan is broken or endangered by TLS inspection here."
COMPENSATION = {
    "mutual": ("both ends show certificates and verify each other's",),
    "server": ("TLS from end to end, with the responder's certificate",),
    "tofu": ("TLS from end to end; the initiator keeps the certificate that it saw first",),
    "sasl_ssl": ("TLS from end to end, and SASL proves who connects",),
    "wireguard": ("WireGuard encrypts from end to end and knows its peers by their keys",),
    "optional": ("where the operators turn TLS on, it is from end to end",),
}
BY_ADDRESS = "filter by address and port: the hosts' firewalls let exactly these partners in, and the perimeter can hold the same list"
BY_ADDRESS_LATER = "filter by address and port as soon as the partners are known; until then the port is open to everybody"
BY_RATE = "limit rates and numbers of connections per partner instead of looking inside"

WAY = {INGRESS: "incoming", EGRESS: "outgoing"}

Data = dict[str, t.Any]
Facts = Sequence[tuple[str, Sequence[str]]]

NAME, HOSTS = "\0", "\1"
"""Stand in a rendered note for the name of whom it is about, and for the lines of its hosts; users' texts there are printable."""


class Form(t.NamedTuple):
    """A note as JSON, text or Markdown, cut where the lines of its hosts go; :data:`NAME` stands for the name."""

    before: str
    after: str

    @classmethod
    def of(cls, text: str) -> Form:
        return cls(*text.split(HOSTS, 1))

    def filled(self, name: str, hosts: str) -> str:
        return f"{self.before.replace(NAME, name)}{hosts}{self.after.replace(NAME, name)}"


class Note:
    """The note of a site, or of hosts that are alike, which is rendered once for all of them.

    Args:
        kind: ``site`` or ``host``.
        flows: As :func:`_flow` tells them; :data:`NAME` stands for the host's own name in ``hosts``.
        sets: The address sets that the flows name, which the note of a site lists once: a changed address is a changed line.
    """

    def __init__(self, kind: str, flows: Sequence[Data], sets: Mapping[str, Sequence[str]] | None = None) -> None:
        note = (
            " ".join((KEEP_AWAY, *([ON_THE_HOST] if kind == "host" and any(map(_host_may_decrypt, flows)) else []))) if flows else NOTHING
        )
        data = {"format": FORMAT, "made_by": MARK, kind: NAME, "hosts": HOSTS, "note": note, "flows": flows}
        data |= {} if sets is None else {"address_sets": sets}
        self._directory = f"{DIRECTORY}/{kind}s"
        self._json = Form.of(f"{json.dumps(data, indent=2)}\n".replace(json.dumps(NAME), NAME).replace(json.dumps(HOSTS), HOSTS))
        shown = {name: list(map(short, networks)) for name, networks in (sets or {}).items()}
        values: Data = {
            "kind": kind,
            "name": NAME,
            "hosts": HOSTS,
            "mark": MARK,
            "note": note,
            "flows": [_described(flow) for flow in flows],
        }
        values["sets"] = shown
        self._text = Form.of(template(__file__, "note.txt.j2").render(values))
        as_markdown = template(__file__, "note.md.j2").render(values, md=markdown.text, table=_facts_table)
        self._markdown = Form.of(as_markdown.rstrip("\n") + "\n")

    def files(self, name: str, hosts: Sequence[Data]) -> Iterator[tuple[str, str]]:
        """The files about a site or host as (path inside the plan's directory, text)."""
        place, shown = f"{self._directory}/{name}", one_line(name)
        yield f"{place}.json", self._json.filled(json.dumps(name), json.dumps(hosts, indent=2).replace("\n", "\n  "))
        yield f"{place}.txt", self._text.filled(shown, "\n".join(map(_host, hosts)))
        yield f"{place}.md", self._markdown.filled(markdown.text(shown), _table(hosts))


def notes(plan: Plan) -> Iterator[tuple[str, str]]:
    """The notes of all managed hosts and their sites as (path inside the plan's directory, text)."""
    members = plan.index["hosts"]
    by_site = site_flows(plan.hosts)
    for site, hosts in plan.index["sites"].items():
        flows = [_flow(flow, plan, None) for flow in by_site.get(site, ())]
        named = sorted({name for flow in flows for name in flow["peers"]["address_sets"]})
        note = Note("site", flows, {name: list(plan.index["address_sets"][name]) for name in named})
        yield from note.files(site, [_known(name, members[name]) for name in hosts["hosts"]])
    for group, common in plan.hosts:
        if common.managed:
            note = Note("host", [_of_any_host(_flow(flow, plan, SPELT_OUT)) for flow in flows_of(group[:1], common)])
            for host in group:
                yield from note.files(host.name, [_known(host.name, members[host.name])])


def _of_any_host(flow: Data) -> Data:
    """A flow of one host as all hosts with the same part of the plan have it."""
    fronts = {"fronts": [{**front, "host": NAME} for front in flow["fronts"]]} if "fronts" in flow else {}
    return {**flow, "hosts": [NAME], **fronts}


def _known(name: str, host: Mapping[str, t.Any]) -> Data:
    return {"name": name, "addresses": host["addresses"], "contact": host["contact"]}


def _flow(flow: SiteFlow, plan: Plan, limit: int | None) -> Data:
    """A flow as the note's JSON has it; with a limit, a longer list of contacts is left out."""
    exclusion = flow.exclusion
    networks = peer_networks(exclusion.peers, plan.index["address_sets"])
    anybody = networks == ANYBODY
    contacts = _contacts(flow, plan)
    return {
        "flow": flow.label,
        "purpose": exclusion.purpose,
        "direction": exclusion.direction,
        "hosts": [host.name for host in flow.hosts],
        "protocol": exclusion.protocol,
        "ports": list(exclusion.ports),
        "peers": {
            "anybody": anybody,
            "address_sets": list(exclusion.peers.address_sets) if networks and not anybody else [],
            "names": list(exclusion.peers.names),
        },
        "server_names": list(exclusion.peers.names),
        "application": exclusion.application,
        "tls": exclusion.tls,
        "reason": exclusion.reason,
        "compensation": [*COMPENSATION.get(exclusion.tls, ()), BY_ADDRESS_LATER if anybody else BY_ADDRESS, BY_RATE],
        "middleboxes": dict(exclusion.middleboxes),
        "via_proxy": exclusion.via_proxy,
        "contacts": contacts if limit is None or len(contacts) <= limit else None,
        "documents": [document.to_json() for document in exclusion.documents],
        **({"fronts": fronts} if (fronts := _fronts(flow)) else {}),
    }


def _fronts(flow: SiteFlow) -> list[Data]:
    """What stands in front of the hosts of an incoming flow: there partners arrive with their own addresses, at these names and ports."""
    if flow.exclusion.direction != INGRESS:
        return []
    with_front = [(host.name, front) for host in flow.hosts if (front := host.profile.front) and front != type(front)()]
    return [
        {
            "host": name,
            "names": list(front.names),
            "ports": list(front.outside(flow.exclusion.ports)),
            "sources": list(front.sources),
            "health_checks": list(front.health_checks),
        }
        for name, front in with_front
    ]


def _host_may_decrypt(flow: Data) -> bool:
    """Whether antivirus on the host could be in the middle of a flow: it takes itself for the client of an outgoing TLS connection."""
    return bool(flow["direction"] == EGRESS and flow["protocol"] == "tcp" and flow["tls"] != "none")


def _contacts(flow: SiteFlow, plan: Plan) -> list[str]:
    """Whom to ask at the other end: the contacts that members of the federation name."""
    federation = plan.index["federations"].get(f"{flow.exclusion.matrix}.{flow.exclusion.federation}")
    own = {host.name for host in flow.hosts}
    others = {name for hosts in federation["roles"].values() for name in hosts} - own if federation else set()
    return sorted({plan.index["hosts"][name]["contact"] for name in others} - {None})


def _described(flow: Data) -> dict[str, t.Any]:
    """A flow in the words of a note."""
    return {
        "label": flow["flow"],
        "way": WAY[flow["direction"]],
        "purpose": one_line(flow["purpose"]),
        "facts": list(_facts(flow)),
    }


def _host(host: Data) -> str:
    return f"{one_line(host['name'])}: {', '.join(host['addresses']) or 'its address is not known'}{_asked(host['contact'])}"


def _facts_table(facts: Facts) -> Iterator[str]:
    cells = [(key, "<br>".join(map(markdown.text, values))) for key, values in facts]
    return markdown.table(("", ""), [cell for cell in cells if cell[1]])


def _table(hosts: Sequence[Data]) -> str:
    rows = [
        tuple(map(markdown.text, (one_line(host["name"]), ", ".join(host["addresses"]) or "not known", host["contact"] or "")))
        for host in hosts
    ]
    return "\n".join(markdown.table(("host", "addresses", "whom to ask"), rows)).rstrip("\n")


def _facts(flow: Data) -> Iterator[tuple[str, Sequence[str]]]:
    """What a note says of a flow, as a key and its lines."""
    return ((key, [value if value == NAME else one_line(value) for value in values]) for key, values in _said(flow))


def _said(flow: Data) -> Iterator[tuple[str, Sequence[str]]]:
    here, there = ("from", "to") if flow["direction"] == EGRESS else ("to", "from")
    yield here, flow["hosts"]
    yield there, _peers(flow["peers"])
    yield "port", [f"{flow['protocol']} {', '.join(flow['ports'])} ({flow['application']})"]
    yield "TLS", [TLS[flow["tls"]]]
    yield "server name", flow["server_names"]
    yield "why", [flow["reason"]]
    yield "instead", flow["compensation"]
    yield "on the way", [*demands(flow["middleboxes"]), *([LONG_LIVED] if "long_lived" in flow["middleboxes"] else [])]
    yield "in front", [_front(front, flow["protocol"]) for front in flow.get("fronts", ())]
    if flow["via_proxy"]:
        yield "proxy", [f"goes through the forward proxy {flow['via_proxy']} by CONNECT: that proxy must not decrypt it either"]
    yield "whom to ask", ["partners: the note of the site lists them"] if flow["contacts"] is None else flow["contacts"]
    yield "source", [_document(document) for document in flow["documents"]]


def _front(front: Data, protocol: str) -> str:
    """What a network team has to know of the front of a host."""
    at = f" at {', '.join(front['names'])}" if front["names"] else ""
    hidden = f"; behind it they come from {', '.join(front['sources'])}" if front["sources"] else ""
    checks = f"; health checks come from {', '.join(front['health_checks'])}" if front["health_checks"] else ""
    which = "" if front["host"] == NAME else f"{front['host']}: "
    return f"{which}partners connect{at} to {protocol} {', '.join(front['ports'])}, with their own addresses{hidden}{checks}"


def _peers(peers: Mapping[str, t.Any]) -> list[str]:
    if peers["anybody"]:
        return ["anybody"]
    sets = [f"{name}, an address set that the note of the site lists" for name in peers["address_sets"]]
    return [*peers["names"], *sets] or ["nobody yet"]


def _document(document: Mapping[str, t.Any]) -> str:
    return f"{document['title']}: {'; '.join(document['sections'])}" + (f" ({document['url']})" if document["url"] else "")


def _asked(contact: str | None) -> str:
    return f"; ask {contact}" if contact else ""
