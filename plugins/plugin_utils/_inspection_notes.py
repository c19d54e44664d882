# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Notes for those who run TLS inspection, DPI, WAFs and reverse proxies: what of a host or a site to leave alone, and why."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Iterator, Mapping, Sequence

from . import _markdown as markdown
from ._addresses import ANYBODY
from ._inspection_exports._exemption import short
from ._inspection_sites import DIRECTORY, SiteFlow, flows_of, peer_networks, site_flows
from ._mark import MARK
from ._matrix_page import TLS
from ._middleboxes import LONG_LIVED, demands
from ._plan import Plan
from ._rules import EGRESS, INGRESS

FORMAT = 1
SPELT_OUT = 100
"""How many networks or contacts a host's note spells out; all of them stand in the note of its site."""

KEEP_AWAY = (
    "Nothing may end, decrypt or rewrite the TLS connections of these flows: no TLS inspection, no deep packet inspection of their "
    "content, no reverse proxy of layer 7, web application firewall or SSL offloading in front of these ports. Pass TCP through instead."
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


class Scope(t.NamedTuple):
    """Whom a note is about: one host, or the hosts of a site."""

    kind: str
    name: str
    hosts: Sequence[Mapping[str, t.Any]]


def notes(plan: Plan) -> Iterator[tuple[str, str]]:
    """The notes of all managed hosts and their sites as (path inside the plan's directory, text)."""
    members = plan.index["hosts"]
    by_site = site_flows(plan.hosts)
    for site, hosts in plan.index["sites"].items():
        scope = Scope("site", site, [{"name": name, **_known(members[name])} for name in hosts["hosts"]])
        yield from _files("sites", scope, [_flow(flow, plan, None) for flow in by_site.get(site, ())])
    for group, common in plan.hosts:
        if common["managed"]:
            flows = [_flow(flow, plan, SPELT_OUT) for flow in flows_of(group[:1], common)]
            for host in group:
                scope = Scope("host", host.name, [{"name": host.name, **_known(members[host.name])}])
                yield from _files("hosts", scope, [{**flow, "hosts": [host.name]} for flow in flows])


def _known(host: Mapping[str, t.Any]) -> Data:
    return {"addresses": host["addresses"], "contact": host["contact"]}


def _files(directory: str, scope: Scope, flows: Sequence[Data]) -> Iterator[tuple[str, str]]:
    place = f"{DIRECTORY}/{directory}/{scope.name}"
    data = {
        "format": FORMAT,
        "made_by": MARK,
        scope.kind: scope.name,
        "hosts": scope.hosts,
        "note": KEEP_AWAY if flows else NOTHING,
        "flows": flows,
    }
    yield f"{place}.json", json.dumps(data, indent=2) + "\n"
    yield f"{place}.txt", "\n".join(_text(scope, flows)) + "\n"
    yield f"{place}.md", "\n".join(_markdown(scope, flows)).rstrip("\n") + "\n"


def _flow(flow: SiteFlow, plan: Plan, limit: int | None) -> Data:
    """A flow as the note's JSON has it; with a limit, what is longer is left out and only counted."""
    exclusion = flow.exclusion
    networks = peer_networks(exclusion["peers"], plan.index["address_sets"])
    anybody = networks == ANYBODY
    contacts = _contacts(flow, plan)
    return {
        "flow": flow.label,
        "purpose": exclusion["purpose"],
        "direction": exclusion["direction"],
        "hosts": [host.name for host in flow.hosts],
        "protocol": exclusion["protocol"],
        "ports": exclusion["ports"],
        "peers": {
            "anybody": anybody,
            "count": len(networks),
            "networks": list(networks) if limit is None or len(networks) <= limit else None,
            "names": exclusion["peers"]["names"],
        },
        "server_names": exclusion["peers"]["names"],
        "application": exclusion["application"],
        "tls": exclusion["tls"],
        "reason": exclusion["reason"],
        "compensation": [*COMPENSATION.get(exclusion["tls"], ()), BY_ADDRESS_LATER if anybody else BY_ADDRESS, BY_RATE],
        "middleboxes": exclusion["middleboxes"],
        "via_proxy": exclusion["via_proxy"],
        "contacts": contacts if limit is None or len(contacts) <= limit else None,
        "documents": exclusion["documents"],
    }


def _contacts(flow: SiteFlow, plan: Plan) -> list[str]:
    """Whom to ask at the other end: the contacts that members of the federation name."""
    federation = plan.index["federations"].get(f"{flow.exclusion['matrix']}.{flow.exclusion['federation']}")
    own = {host.name for host in flow.hosts}
    others = {name for hosts in federation["roles"].values() for name in hosts} - own if federation else set()
    return sorted({plan.index["hosts"][name]["contact"] for name in others} - {None})


def _text(scope: Scope, flows: Sequence[Data]) -> Iterator[str]:
    yield f"TLS inspection: what to leave alone of the {scope.kind} {_line(scope.name)} ({MARK}; do not edit)"
    yield from ("", KEEP_AWAY if flows else NOTHING, "")
    for host in scope.hosts:
        yield f"{_line(host['name'])}: {', '.join(host['addresses']) or 'its address is not known'}{_asked(host['contact'])}"
    for flow in flows:
        yield from ("", f"{flow['flow']}, {WAY[flow['direction']]}: {_line(flow['purpose'])}")
        for key, values in _facts(flow):
            yield from (f"  {shown:<13}{_line(value)}" for shown, value in zip((key, *[""] * len(values)), values, strict=False))


def _markdown(scope: Scope, flows: Sequence[Data]) -> Iterator[str]:
    yield f"# TLS inspection: what to leave alone of the {scope.kind} {markdown.text(_line(scope.name))} ({MARK}; do not edit)"
    yield from ("", markdown.text(KEEP_AWAY if flows else NOTHING), "")
    rows = [
        tuple(map(markdown.text, (_line(host["name"]), ", ".join(host["addresses"]) or "not known", host["contact"] or "")))
        for host in scope.hosts
    ]
    yield from markdown.table(("host", "addresses", "whom to ask"), rows)
    for flow in flows:
        yield from (f"## {markdown.text(flow['flow'])}, {WAY[flow['direction']]}", "", f"{markdown.text(_line(flow['purpose']))}.", "")
        cells = [(key, "<br>".join(markdown.text(_line(value)) for value in values)) for key, values in _facts(flow)]
        yield from markdown.table(("", ""), [cell for cell in cells if cell[1]])


def _facts(flow: Data) -> Iterator[tuple[str, Sequence[str]]]:
    """What a note says of a flow, as a key and its lines."""
    here, there = ("from", "to") if flow["direction"] == EGRESS else ("to", "from")
    yield here, flow["hosts"]
    yield there, _peers(flow["peers"])
    yield "port", [f"{flow['protocol']} {', '.join(flow['ports'])} ({flow['application']})"]
    yield "TLS", [TLS[flow["tls"]]]
    yield "server name", flow["server_names"]
    yield "why", [flow["reason"]]
    yield "instead", flow["compensation"]
    yield "on the way", [*demands(flow["middleboxes"]), *([LONG_LIVED] if "long_lived" in flow["middleboxes"] else [])]
    if flow["via_proxy"]:
        yield "proxy", [f"goes through the forward proxy {flow['via_proxy']} by CONNECT: that proxy must not decrypt it either"]
    yield "whom to ask", ["partners: the note of the site lists them"] if flow["contacts"] is None else flow["contacts"]
    yield "source", [_document(document) for document in flow["documents"]]


def _peers(peers: Mapping[str, t.Any]) -> list[str]:
    if peers["anybody"]:
        return ["anybody"]
    if peers["networks"] is None:
        return [f"{peers['count']} networks, which the note of the site lists"]
    return [*peers["names"], *map(short, peers["networks"])] or ["nobody yet"]


def _document(document: Mapping[str, t.Any]) -> str:
    return f"{document['title']}: {'; '.join(document['sections'])}" + (f" ({document['url']})" if document["url"] else "")


def _asked(contact: str | None) -> str:
    return f"; ask {contact}" if contact else ""


def _line(text: str) -> str:
    """A user's text on one line, whatever it holds."""
    joined = " ".join(text.split())
    return joined if joined.isprintable() else ascii(joined)
