# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Squid: ``ssl_bump splice``, on a proxy that clients name and on one that intercepts.

Syntax: https://www.squid-cache.org/Doc/config/ssl_bump/ and https://www.squid-cache.org/Doc/config/acl/. Rules are tried in order at
each step. At step 1 the address and port of the destination are known; the name that an intercepted client asks for is known after a
peek at its hello.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .._common.templates import template
from .exemption import Exemption, header, short

NAME = "squid"
TITLE = "Squid"
EXTENSION = "conf"


def refusals(exemptions: Iterable[Exemption]) -> Iterator[str]:
    """What Squid has no words for."""
    return (f"{one.label}: Squid carries no {one.protocol}; lead it past Squid" for one in exemptions if one.protocol != "tcp")


def export(site: str, exemptions: Sequence[Exemption]) -> str:
    """A fragment to be included before the first ``ssl_bump`` rule."""
    head = list(header("#", TITLE, site, "Include it in squid.conf before the first ssl_bump rule."))
    return template(__file__, "squid.conf.j2").render(header=head, exemptions=exemptions, short=short)
