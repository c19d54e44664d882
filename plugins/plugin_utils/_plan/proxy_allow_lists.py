# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What each forward proxy has to permit, for those who run it: as text, and as access rules of Squid (docs/proxies.md)."""

from __future__ import annotations

import hashlib
import typing as t
from collections.abc import Iterator, Mapping, Sequence

from ...module_utils._plan.model import ProxiedFlow
from ...module_utils._proxy_url import parse_proxy_url
from .._common.addresses import ANYBODY, merge
from .._common.plan_marker import MARK
from .._common.templates import template
from .._common.texts import one_line
from .._rules.plan import Plan
from .._rules.proxy_entry import is_loopback

DIRECTORY = "proxies"
TEXT = "allow.txt"
SQUID = "squid.conf"
FILES = (f"{DIRECTORY}/*/{TEXT}", f"{DIRECTORY}/*/{SQUID}")

_INSPECTION = {
    "exclude": "leave it alone: inspection breaks it, or takes its protection away",
    "allowed_with_ca": "may be inspected, if the clients trust the proxy's CA",
    "unknown": "leave it alone: whether it bears inspection is not documented",
}


class Client(t.NamedTuple):
    """A host that uses the proxy, and its addresses as others see it."""

    host: str
    addresses: tuple[str, ...]


class Permission(t.NamedTuple):
    """What some clients may do. ``names`` and ``networks`` are the destinations."""

    flow: str
    purpose: str
    method: str
    ports: tuple[str, ...]
    names: tuple[str, ...]
    networks: tuple[str, ...]
    inspection: str

    @property
    def is_for_anybody(self) -> bool:
        return self.networks == ANYBODY


Permissions = Mapping[Permission, Sequence[Client]]


def allow_lists(plan: Plan) -> Iterator[tuple[str, str]]:
    """The files of all proxies as (path inside the plan's directory, text). Who runs a proxy on the host itself needs none."""
    for url, permissions in sorted(_by_proxy(plan).items()):
        directory = f"{DIRECTORY}/{_file_name(url)}"
        yield f"{directory}/{TEXT}", _text(url, permissions)
        yield f"{directory}/{SQUID}", _squid(url, permissions)


def _by_proxy(plan: Plan) -> dict[str, dict[Permission, list[Client]]]:
    found: dict[str, dict[Permission, list[Client]]] = {}
    for hosts, part in plan.hosts:
        if not part.managed or not part.proxy:
            continue
        clients = [Client(host.name, host.addresses or ()) for host in hosts]
        for flow in part.proxy.flows:
            url = part.proxy.url(flow.proxy)
            if url and not is_loopback(parse_proxy_url(url).host):
                found.setdefault(url, {}).setdefault(_permission(flow, plan.index["address_sets"]), []).extend(clients)
    return {url: {permission: sorted(of_url[permission]) for permission in sorted(of_url)} for url, of_url in found.items()}


def _permission(flow: ProxiedFlow, address_sets: Mapping[str, Sequence[str]]) -> Permission:
    networks = merge(cidr for name in flow.peers.address_sets for cidr in address_sets[name])
    return Permission(flow.flow, flow.purpose, flow.method, flow.ports, flow.peers.names, networks, flow.inspection)


def _file_name(url: str) -> str:
    """A name that every file system takes; underscores keep addresses apart from host names."""
    proxy = parse_proxy_url(url)
    return f"{proxy.scheme}_{proxy.host.replace(':', '-')}{'_' if ':' in proxy.host else ''}_{proxy.port}"


def _text(url: str, permissions: Permissions) -> str:
    entries = [
        {
            "flow": one_line(permission.flow),
            "purpose": one_line(permission.purpose),
            "clients": [client._replace(host=one_line(client.host)) for client in clients],
            "targets": ["any"] if permission.is_for_anybody else [*permission.names, *map(_short, permission.networks)],
            "method": _method(permission),
            "ports": permission.ports,
            "inspection": _INSPECTION.get(permission.inspection),
        }
        for permission, clients in permissions.items()
    ]
    return template(__file__, "allow.txt.j2").render(url=url, mark=MARK, entries=entries)


def _method(permission: Permission) -> str:
    return "CONNECT" if permission.method == "CONNECT" else "plain HTTP"


def _squid(url: str, permissions: Permissions) -> str:
    entries = [
        {
            "permission": permission,
            "prefix": f"federated_{hashlib.sha256(repr(permission).encode()).hexdigest()[:12]}",
            "shown": f"{one_line(permission.flow)}, {_method(permission)}: {', '.join(one_line(client.host) for client in clients)}",
            "clients": merge(address for client in clients for address in client.addresses),
        }
        for permission, clients in permissions.items()
    ]
    return template(__file__, "squid.conf.j2").render(url=url, mark=MARK, entries=entries, short=_short)


def _short(cidr: str) -> str:
    return cidr.removesuffix("/32") if "." in cidr else cidr.removesuffix("/128")
