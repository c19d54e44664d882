# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""nginx: a TCP pass-through of the ``stream`` module in front of the site's services.

Syntax: https://nginx.org/en/docs/stream/ngx_stream_proxy_module.html, https://nginx.org/en/docs/stream/ngx_stream_access_module.html
and https://nginx.org/en/docs/stream/ngx_stream_upstream_module.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from . import reverse_proxy
from .exemption import Exemption, header
from .reverse_proxy import Service

NAME = "nginx"
TITLE = "nginx (stream)"
EXTENSION = "conf"


def refusals(exemptions: Iterable[Exemption]) -> Iterator[str]:
    """What nginx has no words for."""
    return reverse_proxy.refusals(TITLE, exemptions)


def export(site: str, exemptions: Sequence[Exemption]) -> str:
    """A fragment to be included inside ``stream``."""
    lines = list(header("#", TITLE, site, *reverse_proxy.ADVICE, "Include it inside stream { } of nginx.conf."))
    for service in reverse_proxy.services(exemptions):
        lines += ["", *_server(service)]
    return "\n".join(lines) + "\n"


def _server(service: Service) -> Iterator[str]:
    yield f"# {service.label}"
    yield f"upstream {service.slug} {{"
    yield from (f"    server {reverse_proxy.joined(server, service.port)} max_fails=0;" for server in service.servers)
    yield "}"
    yield "server {"
    yield f"    listen {service.port};"
    yield f"    listen [::]:{service.port} ipv6only=on;"
    yield from (f"    allow {partner};" for partner in service.partners)
    if service.partners:
        yield "    deny all;"
    yield f"    proxy_timeout {service.idle_timeout}s;"
    yield f"    proxy_pass {service.slug};"
    yield "}"
