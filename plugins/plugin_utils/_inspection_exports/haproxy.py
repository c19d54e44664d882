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

from .._common.templates import template
from . import reverse_proxy
from .exemption import Exemption, chunks, header

NAME = "haproxy"
TITLE = "HAProxy"
EXTENSION = "cfg"

PIECE = 50


def refusals(exemptions: Iterable[Exemption]) -> Iterator[str]:
    """What HAProxy has no words for."""
    return reverse_proxy.refusals(TITLE, exemptions)


def export(site: str, exemptions: Sequence[Exemption]) -> str:
    """Sections for a file of their own, to be given with another ``-f``."""
    head = list(header("#", TITLE, site, *reverse_proxy.ADVICE, "Give it to haproxy with an -f of its own."))
    return template(__file__, "haproxy.cfg.j2").render(
        header=head,
        services=list(reverse_proxy.services(exemptions)),
        joined=reverse_proxy.joined,
        chunks=chunks,
        piece=PIECE,
    )
