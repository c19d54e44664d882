# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""HAProxy: a TCP pass-through in front of the site's services.

Syntax: https://docs.haproxy.org/3.0/configuration.html (4.2 mode, bind, acl, tcp-request connection, timeout client, timeout server). A
line holds at most 64 words (2.1), hence the pieces.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from . import reverse_proxy
from .exemption import Exemption, chunks, header
from .reverse_proxy import Service

NAME = "haproxy"
TITLE = "HAProxy"
EXTENSION = "cfg"

PIECE = 50


def refusals(exemptions: Iterable[Exemption]) -> Iterator[str]:
    """What HAProxy has no words for."""
    return reverse_proxy.refusals(TITLE, exemptions)


def export(site: str, exemptions: Sequence[Exemption]) -> str:
    """Sections for a file of their own, to be given with another ``-f``."""
    lines = list(header("#", TITLE, site, *reverse_proxy.ADVICE, "Give it to haproxy with an -f of its own."))
    for service in reverse_proxy.services(exemptions):
        lines += ["", *_sections(service)]
    return "\n".join(lines) + "\n"


def _sections(service: Service) -> Iterator[str]:
    yield f"# {service.label}"
    yield f"frontend {service.slug}"
    yield "    mode tcp"
    yield f"    bind 0.0.0.0:{service.port}"
    yield f"    bind [::]:{service.port} v6only"
    yield f"    timeout client {service.idle_timeout}s"
    yield from (f"    acl partner src {' '.join(piece)}" for piece in chunks(service.partners, PIECE))
    if service.partners:
        yield "    tcp-request connection reject unless partner"
    yield f"    default_backend {service.slug}"
    yield f"backend {service.slug}"
    yield "    mode tcp"
    yield "    timeout connect 10s"
    yield f"    timeout server {service.idle_timeout}s"
    for number, server in enumerate(service.servers, 1):
        yield f"    server server{number} {reverse_proxy.joined(server, service.port)}"
